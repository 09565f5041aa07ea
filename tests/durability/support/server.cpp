#include "tests/durability/support/server.h"

#include <Poco/Net/HTTPClientSession.h>
#include <Poco/Net/HTTPRequest.h>
#include <Poco/Net/HTTPResponse.h>
#include <Poco/Net/ServerSocket.h>
#include <Poco/StreamCopier.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <stdexcept>
#include <thread>

namespace varde::test {

Answer call(int port, const std::string& method, const std::string& path, const std::string& body,
            const std::string& type, const std::vector<std::pair<std::string, std::string>>& headers) {
  Answer answer;
  try {
    Poco::Net::HTTPClientSession session("127.0.0.1", static_cast<Poco::UInt16>(port));
    session.setTimeout(Poco::Timespan(20, 0));
    Poco::Net::HTTPRequest request(method, path, "HTTP/1.1");
    if (!body.empty()) {
      request.setContentType(type);
      request.setContentLength(static_cast<std::streamsize>(body.size()));
    }
    for (const auto& [name, value] : headers) request.set(name, value);
    session.sendRequest(request) << body;
    Poco::Net::HTTPResponse response;
    Poco::StreamCopier::copyToString(session.receiveResponse(response), answer.body);
    const bool whole =
        !response.hasContentLength() || static_cast<std::size_t>(response.getContentLength()) == answer.body.size();
    answer.location = response.get("Location", "");
    answer.retry_after = response.get("Retry-After", "");
    answer.status = whole ? response.getStatus() : 0;
  } catch (const std::exception&) {
    answer.status = 0;
  }
  return answer;
}

int free_port() { return Poco::Net::ServerSocket(Poco::Net::SocketAddress("127.0.0.1", 0)).address().port(); }

Child::Child(std::vector<std::string> arguments, const std::filesystem::path& log, std::size_t limit) {
  const char* binary = std::getenv("VARDE_BINARY");
  if (binary == nullptr) throw std::runtime_error("VARDE_BINARY must name the server's binary");
  arguments.insert(arguments.begin(), binary);
  std::vector<char*> words;
  for (std::string& each : arguments) words.push_back(each.data());
  words.push_back(nullptr);
  process_ = fork();
  if (process_ != 0) return;
  const int out = open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  dup2(out, 1), dup2(out, 2);
  if (limit > 0) {
    const rlimit files{limit, limit};
    setrlimit(RLIMIT_FSIZE, &files);
  }
  execv(binary, words.data());
  _exit(127);
}

Child::~Child() { kill(); }

void Child::signal(int number) const { ::kill(process_, number); }

void Child::kill() {
  if (process_ <= 0) return;
  ::kill(process_, SIGKILL);
  wait();
}

int Child::wait() {
  if (process_ <= 0) return status_;
  int status = 0;
  waitpid(process_, &status, 0);
  process_ = 0;
  return status_ = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

bool Child::runs() {
  int status = 0;
  if (process_ <= 0 || waitpid(process_, &status, WNOHANG) == 0) return process_ > 0;
  process_ = 0;
  status_ = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  return false;
}

Server::Server(const std::filesystem::path& data, const std::filesystem::path& log, std::size_t limit)
    : port_(free_port()),
      child({"serve", "--listen", "127.0.0.1:" + std::to_string(port_), "--data", data.string()}, log, limit) {
  for (int i = 0; i < 4000 && child.runs() && call(port_, "GET", "/health").status != 200; ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
}

}  // namespace varde::test
