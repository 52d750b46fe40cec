R"sql(
-- Schema 3. What no record says of a row, a keyed tag does (store/row_tags.h): who has not the key
-- file can't write such a row.
ALTER TABLE inbox ADD COLUMN mac BLOB;
ALTER TABLE meta ADD COLUMN mac BLOB;
)sql"
