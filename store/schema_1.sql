R"sql(
-- Schema 1. Read as a C++ raw string by schema.cpp. Scripts are numbered and only ever added: a store
-- moves forward by the ones it lacks. None may rewrite `log`.

-- The tree's leaves, in order, without gaps from 0.
CREATE TABLE log(leaf INTEGER PRIMARY KEY, rec BLOB NOT NULL);
-- Sealed payloads under the leaf of their record. Deleted with the run's key.
CREATE TABLE payload(leaf INTEGER PRIMARY KEY, box BLOB NOT NULL);
-- One row per run and commit: where the records of a run from `seq` on stand. run is run.no, 0 for
-- the system chain.
CREATE TABLE seg(run INTEGER NOT NULL, seq INTEGER NOT NULL, leaf INTEGER NOT NULL,
                 PRIMARY KEY(run, seq)) WITHOUT ROWID;
-- Full tiles only.
CREATE TABLE tile(level INTEGER NOT NULL, idx INTEGER NOT NULL, root BLOB NOT NULL,
                  hashes BLOB NOT NULL, PRIMARY KEY(level, idx)) WITHOUT ROWID;
CREATE TABLE checkpoint(size INTEGER PRIMARY KEY, note TEXT NOT NULL);

CREATE TABLE run(no INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE, image BLOB NOT NULL,
                 status INTEGER NOT NULL, slot INTEGER NOT NULL UNIQUE, start_tag BLOB UNIQUE,
                 parent BLOB, begun INTEGER NOT NULL, ended INTEGER, retain_until INTEGER,
                 hold INTEGER NOT NULL);
CREATE INDEX run_status ON run(status, no);
CREATE INDEX run_parent ON run(parent) WHERE parent IS NOT NULL;
CREATE INDEX run_retain ON run(retain_until) WHERE retain_until IS NOT NULL;

CREATE TABLE wake(due INTEGER NOT NULL, run INTEGER NOT NULL, PRIMARY KEY(due, run)) WITHOUT ROWID;
CREATE UNIQUE INDEX wake_run ON wake(run);
CREATE TABLE snapshot(run INTEGER PRIMARY KEY, seq INTEGER NOT NULL, box BLOB NOT NULL);
-- A taken row keeps its tag, so that a repeat is known, and loses its box.
CREATE TABLE inbox(id INTEGER PRIMARY KEY AUTOINCREMENT, run BLOB NOT NULL, kind INTEGER NOT NULL,
                   tag BLOB NOT NULL UNIQUE, box BLOB);
CREATE INDEX inbox_waiting ON inbox(run, id) WHERE box IS NOT NULL;
CREATE INDEX inbox_order ON inbox(id) WHERE box IS NOT NULL;
CREATE TABLE ready(id INTEGER PRIMARY KEY AUTOINCREMENT, worker TEXT NOT NULL, run BLOB NOT NULL,
                   seq INTEGER NOT NULL);
CREATE INDEX ready_worker ON ready(worker, id);

-- `sum` is the SHA-256 over the other columns: what the hash doesn't cover is still checked.
CREATE TABLE program(hash BLOB PRIMARY KEY, ir BLOB NOT NULL, source BLOB NOT NULL,
                     sum BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE image(hash BLOB PRIMARY KEY, program BLOB NOT NULL, semantics INTEGER NOT NULL,
                   code BLOB NOT NULL, sum BLOB NOT NULL) WITHOUT ROWID;

CREATE TABLE ledger(tag BLOB PRIMARY KEY, run BLOB NOT NULL, seq INTEGER NOT NULL,
                    generation INTEGER NOT NULL, state INTEGER NOT NULL,
                    keep_until INTEGER) WITHOUT ROWID;
CREATE INDEX ledger_run ON ledger(run);
CREATE TABLE cache(tag BLOB PRIMARY KEY, run BLOB NOT NULL, seq INTEGER NOT NULL,
                   expires INTEGER NOT NULL) WITHOUT ROWID;
CREATE INDEX cache_run ON cache(run);
CREATE TABLE lock(tag BLOB PRIMARY KEY, run BLOB NOT NULL, since INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE lock_wait(id INTEGER PRIMARY KEY AUTOINCREMENT, tag BLOB NOT NULL, run BLOB NOT NULL,
                       UNIQUE(tag, run));
CREATE TABLE subject(tag BLOB NOT NULL, run BLOB NOT NULL, PRIMARY KEY(tag, run)) WITHOUT ROWID;
CREATE TABLE flow(from_run BLOB NOT NULL, to_run BLOB NOT NULL,
                  PRIMARY KEY(from_run, to_run)) WITHOUT ROWID;
CREATE INDEX flow_to ON flow(to_run);
CREATE TABLE file(id BLOB PRIMARY KEY, run BLOB NOT NULL, size INTEGER NOT NULL) WITHOUT ROWID;
CREATE INDEX file_run ON file(run);
CREATE TABLE secret(run BLOB NOT NULL, handle TEXT NOT NULL, box BLOB NOT NULL,
                    PRIMARY KEY(run, handle)) WITHOUT ROWID;
CREATE TABLE actor(id BLOB PRIMARY KEY, box BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE meta(name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
)sql"
