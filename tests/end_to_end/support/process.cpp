#include "tests/end_to_end/support/process.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <algorithm>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <thread>

namespace varde::test {
namespace fs = std::filesystem;
namespace {

std::string binary() {
  const char* path = std::getenv("VARDE_BINARY");
  if (path == nullptr || !fs::exists(path)) throw std::runtime_error("VARDE_BINARY does not name the varde binary");
  return path;
}

std::string read(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

/// Standard input, output and error are files of `directory`.
pid_t start(const std::vector<std::string>& arguments, const fs::path& directory) {
  const std::string path = binary();
  const pid_t pid = ::fork();
  if (pid != 0) return pid;
  const auto to = [&](const char* name, int flags, int target) {
    const int opened = ::open((directory / name).c_str(), flags, 0600);
    ::dup2(opened, target);
  };
  to("in", O_RDONLY | O_CREAT, 0), to("out", O_WRONLY | O_CREAT | O_TRUNC, 1),
      to("err", O_WRONLY | O_CREAT | O_TRUNC, 2);
  std::vector<char*> argv{const_cast<char*>(path.c_str())};
  for (const auto& each : arguments) argv.push_back(const_cast<char*>(each.c_str()));
  argv.push_back(nullptr);
  ::execv(path.c_str(), argv.data());
  ::_exit(127);
}

int wait_for(pid_t pid) {
  int status = 0;
  ::waitpid(pid, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace

std::string new_directory() {
  std::string pattern = (fs::temp_directory_path() / "varde-e2e-XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no temporary directory");
  return pattern;
}

Finished run(const std::vector<std::string>& arguments, const std::string& input) {
  const fs::path directory = new_directory();
  std::ofstream(directory / "in", std::ios::binary) << input;
  const int status = wait_for(start(arguments, directory));
  Finished finished{status, read(directory / "out"), read(directory / "err")};
  fs::remove_all(directory);
  return finished;
}

Served::Served(std::string data, std::vector<std::string> more) : data_(std::move(data)) {
  fs::create_directories(fs::path(data_) / "io");
  std::vector<std::string> arguments{"serve", "--data", data_ + "/store"};
  if (std::find(more.begin(), more.end(), "--listen") == more.end())
    arguments.insert(arguments.end(), {"--listen", "127.0.0.1:0"});
  arguments.insert(arguments.end(), more.begin(), more.end());
  pid_ = start(arguments, fs::path(data_) / "io");
  for (int i = 0; i < 600 && base_.empty(); ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds{50});
    const auto out = read(fs::path(data_) / "io/out");
    const auto at = out.find("http");
    if (at != out.npos && out.find("Ctrl-C") != out.npos) base_ = out.substr(at, out.find('\n', at) - at);
    int status = 0;
    if (::waitpid(pid_, &status, WNOHANG) == pid_) {
      pid_ = -1;
      throw std::runtime_error("varde serve ended: " + read(fs::path(data_) / "io/err"));
    }
  }
  if (base_.empty()) throw std::runtime_error("varde serve did not say where it listens");
}

Served::~Served() {
  if (pid_ > 0) stop(SIGKILL);
}

void Served::signal(int signal) const { ::kill(pid_, signal); }

std::string Served::log() const { return read(fs::path(data_) / "io/err"); }

int Served::stop(int signal) {
  ::kill(pid_, signal);
  const int status = wait_for(pid_);
  pid_ = -1;
  return status;
}

}  // namespace varde::test
