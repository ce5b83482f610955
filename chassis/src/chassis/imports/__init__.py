"""What imports of tables share: columns that fill fields, batches of rows, refusals, and how they end."""
