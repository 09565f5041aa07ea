#pragma once
/// A client that speaks bytes.
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace varde::test {

struct Answer {
  int status = 0;
  std::map<std::string, std::string> headers;  ///< names in lower case
  std::string body;
};

using Headers = std::vector<std::pair<std::string, std::string>>;

/// A connection that stays open.
class Client {
 public:
  explicit Client(std::uint16_t port);
  ~Client();
  Client(const Client&) = delete;
  void send(std::string_view bytes);
  /// Reads one answer; status 0 when the server closed instead. `head`: no body comes.
  Answer receive(bool head = false);
  Answer ask(const std::string& method, const std::string& target, const Headers& headers = {},
             const std::string& body = {});
  bool closed_by_server();

 private:
  int descriptor_;
  std::string buffer_;
};

}  // namespace varde::test
