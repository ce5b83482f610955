"""Tables as CSV and XLSX files, read row by row in bounded memory and written so that no cell runs."""
