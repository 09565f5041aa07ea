#pragma once
/// The real server as a child process, and requests to it.
#include <sys/types.h>

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace varde::test {

struct Answer {
  int status = 0;
  std::string body, location, retry_after;
};

/// One request on a connection of its own; status 0 when the server went away before the whole answer came.
Answer call(int port, const std::string& method, const std::string& path, const std::string& body = {},
            const std::string& type = "application/fhir+json",
            const std::vector<std::pair<std::string, std::string>>& headers = {});

int free_port();

/// A program of ours that runs beside the test; what it says goes into `log`.
class Child {
 public:
  /// `limit`: bytes that each of its files may have (ulimit -f), 0 for any.
  Child(std::vector<std::string> arguments, const std::filesystem::path& log, std::size_t limit = 0);
  ~Child();
  Child(const Child&) = delete;
  void signal(int number) const;
  void kill();
  /// Exit status; 128 and the signal when it was killed.
  int wait();
  bool runs();

 private:
  pid_t process_ = 0;
  int status_ = -1;
};

/// `varde serve` on a data directory; constructed when it answers.
class Server {
 public:
  Server(const std::filesystem::path& data, const std::filesystem::path& log, std::size_t limit = 0);
  void kill() { child.kill(); }
  int port() const { return port_; }

 private:
  int port_;

 public:
  Child child;
};

}  // namespace varde::test
