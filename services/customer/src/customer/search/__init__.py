"""Finding customers by part of a name: in Chinese, in pinyin or its initials, in Latin letters."""
