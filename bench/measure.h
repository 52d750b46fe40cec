// Clocks and counters around a piece of work: wall time, CPU time of the whole process, syncs. It
// knows nothing of what is measured.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace weft::bench {

double seconds_now();
// User and system time of all threads.
double cpu_seconds_now();
// Calls of fsync and fdatasync in this process, SQLite's included (syncs.cpp stands before libc's).
std::uint64_t syncs_now();

// The most memory that the process had resident since it was last to forget it.
double peak_mib();
void forget_peak();

struct Used {
    double wall_s = 0;
    double cpu_s = 0;
    std::uint64_t syncs = 0;
    double peak_mib = 0;
};

class Meter {
  public:
    Meter() {
        forget_peak();
        wall_ = seconds_now();
        cpu_ = cpu_seconds_now();
        syncs_ = syncs_now();
    }
    [[nodiscard]] Used used() const {
        return {seconds_now() - wall_, cpu_seconds_now() - cpu_, syncs_now() - syncs_, peak_mib()};
    }

  private:
    double wall_ = 0;
    double cpu_ = 0;
    std::uint64_t syncs_ = 0;
};

// The value below which that share of them lies; 0 when there are none.
double percentile(std::vector<double> values, double share);

// A folder that goes with the object; in the folder named by WEFT_BENCH_DIR, else under /tmp.
class Folder {
  public:
    Folder();
    ~Folder();
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    [[nodiscard]] std::string operator/(const std::string& name) const {
        return path_ + "/" + name;
    }

  private:
    std::string path_;
};

}  // namespace weft::bench
