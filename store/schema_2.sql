R"sql(
-- Schema 2. A taken inbox row says which record of its run it became, so that the same request,
-- sent again, gets the same answer.
ALTER TABLE inbox ADD COLUMN seq INTEGER;
)sql"
