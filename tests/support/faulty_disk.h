// A disk that does what a test wants: a SQLite VFS over the system's own that can fail the n-th
// operation, counts flushes, and remembers what of each file has been flushed, which is what a
// power failure leaves.
#pragma once

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <map>
#include <new>
#include <set>
#include <string>

#include "base/time.h"

namespace muster::testing {

class FaultyDisk {
 public:
  enum class Fault { full, io_error };

  static FaultyDisk& instance() {
    static FaultyDisk disk;
    return disk;
  }
  static constexpr const char* kName = "muster-faulty-disk";

  // The operation that comes `after` others fails, and with `lasting` all behind it. A full disk
  // refuses what may need room; an I/O error any operation.
  void fail(Fault fault, int after, bool lasting) {
    fault_ = fault;
    countdown_ = after;
    lasting_ = lasting;
    armed_ = true;
    hit_ = false;
  }
  // All is well again; true if something had failed.
  bool heal() {
    armed_ = false;
    full_ = false;
    return hit_;
  }

  bool hit() const { return hit_; }

  // How long SQLite waited for others' locks.
  Duration waited;

  int writes = 0;
  int flushes = 0;
  void count_anew() { writes = flushes = 0; }

  // From now on, the flushed state of each file is kept beside it (file + ".flushed").
  void keep_flushed(bool keep) {
    keep_flushed_ = keep;
    unflushed.clear();
  }
  std::set<std::string> unflushed;  // files that were written and not flushed since

 private:
  struct File {
    sqlite3_file base;
    const char* name;  // SQLite's, which outlives the file
    sqlite3_file* real() { return reinterpret_cast<sqlite3_file*>(this + 1); }
  };

  FaultyDisk() : real_(sqlite3_vfs_find(nullptr)), vfs_(*real_) {
    vfs_.zName = kName;
    vfs_.szOsFile = static_cast<int>(sizeof(File)) + real_->szOsFile;
    vfs_.pNext = nullptr;
    vfs_.xOpen = open;
    vfs_.xDelete = [](sqlite3_vfs*, const char* name, int sync) {
      auto& disk = instance();
      if (disk.keep_flushed_) std::filesystem::remove(std::string(name) + ".flushed");
      disk.unflushed.erase(name);
      return disk.real_->xDelete(disk.real_, name, sync);
    };
    vfs_.xGetLastError = [](sqlite3_vfs*, int size, char* text) {
      auto& disk = instance();
      return disk.full_ ? ENOSPC : disk.real_->xGetLastError(disk.real_, size, text);
    };
    vfs_.xSleep = [](sqlite3_vfs*, int microseconds) {
      auto& disk = instance();
      disk.waited = disk.waited + Duration::microseconds(microseconds);
      return disk.real_->xSleep(disk.real_, microseconds);
    };
    EXPECT_EQ(sqlite3_vfs_register(&vfs_, 0), SQLITE_OK);
  }

  // The code to fail with, or SQLITE_OK.
  int next_operation(int io_error, bool needs_room) {
    if (!armed_ || (fault_ == Fault::full && !needs_room)) return SQLITE_OK;
    if (hit_ && !lasting_) return SQLITE_OK;
    if (!hit_ && countdown_-- > 0) return SQLITE_OK;
    hit_ = true;
    full_ = fault_ == Fault::full;
    if (!full_) return io_error;
    return io_error == SQLITE_IOERR_WRITE ? SQLITE_FULL : io_error;
  }

  static File& file(sqlite3_file* of) { return *reinterpret_cast<File*>(of); }

  static int open(sqlite3_vfs*, const char* name, sqlite3_file* of, int flags, int* out_flags) {
    auto& disk = instance();
    File& opened = *new (of) File{};
    opened.name = name;
    const int code = disk.real_->xOpen(disk.real_, name, opened.real(), flags, out_flags);
    opened.base.pMethods = code == SQLITE_OK ? methods() : nullptr;
    return code;
  }

  static int write(sqlite3_file* of, const void* bytes, int size, sqlite3_int64 at) {
    auto& disk = instance();
    ++disk.writes;
    if (const int code = disk.next_operation(SQLITE_IOERR_WRITE, true)) return code;
    if (file(of).name != nullptr) disk.unflushed.insert(file(of).name);
    return file(of).real()->pMethods->xWrite(file(of).real(), bytes, size, at);
  }

  static int sync(sqlite3_file* of, int flags) {
    auto& disk = instance();
    ++disk.flushes;
    if (const int code = disk.next_operation(SQLITE_IOERR_FSYNC, false)) return code;
    if (file(of).name != nullptr) {
      disk.unflushed.erase(file(of).name);
      if (disk.keep_flushed_) {
        const std::string name = file(of).name;
        std::filesystem::copy_file(name, name + ".flushed",
                                   std::filesystem::copy_options::overwrite_existing);
      }
    }
    return file(of).real()->pMethods->xSync(file(of).real(), flags);
  }

  static const sqlite3_io_methods* methods() {
    static const sqlite3_io_methods kMethods = {
        .iVersion = 2,
        .xClose = [](sqlite3_file* f) { return real(f)->pMethods->xClose(real(f)); },
        .xRead =
            [](sqlite3_file* f, void* bytes, int size, sqlite3_int64 at) {
              if (const int code = instance().next_operation(SQLITE_IOERR_READ, false)) return code;
              return real(f)->pMethods->xRead(real(f), bytes, size, at);
            },
        .xWrite = write,
        .xTruncate =
            [](sqlite3_file* f, sqlite3_int64 size) {
              if (const int code = instance().next_operation(SQLITE_IOERR_TRUNCATE, false)) {
                return code;
              }
              return real(f)->pMethods->xTruncate(real(f), size);
            },
        .xSync = sync,
        .xFileSize =
            [](sqlite3_file* f, sqlite3_int64* size) {
              return real(f)->pMethods->xFileSize(real(f), size);
            },
        .xLock = [](sqlite3_file* f, int how) { return real(f)->pMethods->xLock(real(f), how); },
        .xUnlock = [](sqlite3_file* f,
                      int how) { return real(f)->pMethods->xUnlock(real(f), how); },
        .xCheckReservedLock =
            [](sqlite3_file* f, int* held) {
              return real(f)->pMethods->xCheckReservedLock(real(f), held);
            },
        .xFileControl = [](sqlite3_file* f, int op,
                           void* arg) { return real(f)->pMethods->xFileControl(real(f), op, arg); },
        .xSectorSize = [](sqlite3_file* f) { return real(f)->pMethods->xSectorSize(real(f)); },
        .xDeviceCharacteristics =
            [](sqlite3_file* f) { return real(f)->pMethods->xDeviceCharacteristics(real(f)); },
        .xShmMap =
            [](sqlite3_file* f, int page, int size, int extend, void volatile** out) {
              if (extend != 0) {
                const int code = instance().next_operation(SQLITE_IOERR_SHMSIZE, true);
                if (code != SQLITE_OK) return code;
              }
              return real(f)->pMethods->xShmMap(real(f), page, size, extend, out);
            },
        .xShmLock =
            [](sqlite3_file* f, int at, int count, int flags) {
              return real(f)->pMethods->xShmLock(real(f), at, count, flags);
            },
        .xShmBarrier = [](sqlite3_file* f) { real(f)->pMethods->xShmBarrier(real(f)); },
        .xShmUnmap = [](sqlite3_file* f,
                        int remove) { return real(f)->pMethods->xShmUnmap(real(f), remove); },
        .xFetch = nullptr,
        .xUnfetch = nullptr,
    };
    return &kMethods;
  }
  static sqlite3_file* real(sqlite3_file* of) { return file(of).real(); }

  sqlite3_vfs* real_;
  sqlite3_vfs vfs_;
  bool armed_ = false;
  bool lasting_ = false;
  bool hit_ = false;
  bool full_ = false;
  bool keep_flushed_ = false;
  int countdown_ = 0;
  Fault fault_ = Fault::full;
};

// --- each operation in turn ----------------------------------------------------------------------

struct DiskFault {
  const char* name;
  FaultyDisk::Fault fault;
  bool lasting;
};
inline constexpr std::array<DiskFault, 4> kDiskFaults = {{
    {"FullOnce", FaultyDisk::Fault::full, false},
    {"FullForLong", FaultyDisk::Fault::full, true},
    {"ErrorOnce", FaultyDisk::Fault::io_error, false},
    {"ErrorForLong", FaultyDisk::Fault::io_error, true},
}};
inline std::string name_of(const ::testing::TestParamInfo<DiskFault>& tested) {
  return tested.param.name;
}

// `fail_the_nth` lets a store live through the n-th operation's failure; false once n is beyond
// what is done.
inline void fail_every_operation(const DiskFault& how,
                                 bool (*fail_the_nth)(FaultyDisk::Fault, int n, bool lasting)) {
  int n = 0;
  while (fail_the_nth(how.fault, n, how.lasting) && !::testing::Test::HasFailure())
    ++n;
  EXPECT_GT(n, 10) << "the group must do something that can fail";
}

}  // namespace muster::testing
