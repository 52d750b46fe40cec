// A file system for SQLite that passes everything to the real one and fails one call when told to.
// Registered as the default for as long as it lives.
#pragma once

#include <sqlite3.h>

#include <cstring>

namespace weft::store {

enum class Fault { None, Read, Write, Sync, Full };

class FaultyVfs {
  public:
    FaultyVfs() {
        real_ = sqlite3_vfs_find(nullptr);
        vfs_ = *real_;
        vfs_.zName = "weft-faulty";
        vfs_.szOsFile = real_->szOsFile + static_cast<int>(sizeof(File));
        vfs_.pAppData = this;
        vfs_.xOpen = &open;
        sqlite3_vfs_register(&vfs_, 1);
    }
    ~FaultyVfs() {
        sqlite3_vfs_unregister(&vfs_);
        sqlite3_vfs_register(real_, 1);
    }
    FaultyVfs(const FaultyVfs&) = delete;
    FaultyVfs& operator=(const FaultyVfs&) = delete;

    // The n-th call of that kind from now on fails, and so many in all; 0: none.
    void fail_at(Fault fault, int nth, int times = 1) {
        fault_ = fault;
        left_ = nth;
        times_ = times;
        reached_ = false;
    }
    [[nodiscard]] bool reached() const { return reached_; }
    // Reads, writes and syncs so far.
    [[nodiscard]] int calls() const { return calls_; }

  private:
    // The real file follows in the same block.
    struct File {
        sqlite3_file base;
        FaultyVfs* owner;
        sqlite3_io_methods methods;
    };

    static sqlite3_file* real(sqlite3_file* file) {
        return reinterpret_cast<sqlite3_file*>(reinterpret_cast<char*>(file) + sizeof(File));
    }
    static FaultyVfs* owner(sqlite3_file* file) { return reinterpret_cast<File*>(file)->owner; }

    bool fails(Fault kind) {
        ++calls_;
        const bool matches = fault_ == kind || (fault_ == Fault::Full && kind == Fault::Write);
        if (!matches || left_ == 0 || --left_ > 0) return false;
        reached_ = true;
        if (--times_ > 0) left_ = 1;
        return true;
    }

    static int open(sqlite3_vfs* vfs, const char* name, sqlite3_file* file, int flags,
                    int* out_flags) {
        auto* self = static_cast<FaultyVfs*>(vfs->pAppData);
        auto* mine = reinterpret_cast<File*>(file);
        const int rc = self->real_->xOpen(self->real_, name, real(file), flags, out_flags);
        mine->base.pMethods = nullptr;
        if (rc != SQLITE_OK) return rc;
        mine->owner = self;
        mine->methods = pass_through();
        mine->base.pMethods = &mine->methods;
        return SQLITE_OK;
    }

    // Version 1 of the methods: no shared memory, no mapping. The store uses neither.
    static sqlite3_io_methods pass_through() {
        sqlite3_io_methods m{};
        m.iVersion = 1;
        m.xClose = [](sqlite3_file* f) { return real(f)->pMethods->xClose(real(f)); };
        m.xRead = [](sqlite3_file* f, void* to, int n, sqlite3_int64 at) {
            if (owner(f)->fails(Fault::Read)) return SQLITE_IOERR_READ;
            return real(f)->pMethods->xRead(real(f), to, n, at);
        };
        m.xWrite = [](sqlite3_file* f, const void* from, int n, sqlite3_int64 at) {
            if (owner(f)->fails(Fault::Write)) {
                return owner(f)->fault_ == Fault::Full ? SQLITE_FULL : SQLITE_IOERR_WRITE;
            }
            return real(f)->pMethods->xWrite(real(f), from, n, at);
        };
        m.xTruncate = [](sqlite3_file* f, sqlite3_int64 n) {
            return real(f)->pMethods->xTruncate(real(f), n);
        };
        m.xSync = [](sqlite3_file* f, int flags) {
            if (owner(f)->fails(Fault::Sync)) return SQLITE_IOERR_FSYNC;
            return real(f)->pMethods->xSync(real(f), flags);
        };
        m.xFileSize = [](sqlite3_file* f, sqlite3_int64* n) {
            return real(f)->pMethods->xFileSize(real(f), n);
        };
        m.xLock = [](sqlite3_file* f, int l) { return real(f)->pMethods->xLock(real(f), l); };
        m.xUnlock = [](sqlite3_file* f, int l) { return real(f)->pMethods->xUnlock(real(f), l); };
        m.xCheckReservedLock = [](sqlite3_file* f, int* out) {
            return real(f)->pMethods->xCheckReservedLock(real(f), out);
        };
        m.xFileControl = [](sqlite3_file* f, int op, void* arg) {
            return real(f)->pMethods->xFileControl(real(f), op, arg);
        };
        m.xSectorSize = [](sqlite3_file* f) { return real(f)->pMethods->xSectorSize(real(f)); };
        m.xDeviceCharacteristics = [](sqlite3_file* f) {
            return real(f)->pMethods->xDeviceCharacteristics(real(f));
        };
        return m;
    }

    sqlite3_vfs* real_ = nullptr;
    sqlite3_vfs vfs_{};
    Fault fault_ = Fault::None;
    int left_ = 0;
    int times_ = 0;
    int calls_ = 0;
    bool reached_ = false;
};

}  // namespace weft::store
