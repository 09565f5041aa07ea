#pragma once
// The real binary (VARDE_BINARY) as a child process.
#include <string>
#include <vector>

namespace varde::test {

struct Finished {
  int status;  ///< exit status; 128 + signal when killed
  std::string out, err;
};
/// Runs to the end; `input` becomes its standard input.
Finished run(const std::vector<std::string>& arguments, const std::string& input = {});

/// `varde serve` on a free port, or where `more` says by --listen.
class Served {
 public:
  Served(std::string data, std::vector<std::string> more = {});
  ~Served();                      ///< stops it if it still runs
  int stop(int signal);           ///< exit status
  void signal(int signal) const;  ///< and goes on
  std::string log() const;        ///< what it said on standard error
  std::string base() const { return base_; }
  int pid() const { return pid_; }
  std::string data() const { return data_; }

 private:
  std::string data_, base_;
  int pid_ = -1;
};

std::string new_directory();

}  // namespace varde::test
