#include "tests/end_to_end/support/browser.h"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <stdexcept>

namespace varde::test {

Answer Browser::ask(const std::string& method, const std::string& url, Headers headers, const std::string& body) {
  const std::size_t host = url.find("://") + 3, path = std::min(url.find('/', host), url.size());
  const std::string authority = url.substr(host, path - host);
  auto& cookies = jar_[authority];
  std::string line;
  for (const auto& [name, value] : cookies) line += (line.empty() ? "" : "; ") + name + "=" + value;
  if (!line.empty()) headers.emplace_back("Cookie", line);
  Client client(static_cast<std::uint16_t>(std::stoi(authority.substr(authority.find(':') + 1))));
  const Answer answer = client.ask(method, path == url.size() ? "/" : url.substr(path), headers, body);
  const auto set = answer.headers.find("set-cookie");
  for (std::string rest = set == answer.headers.end() ? "" : set->second; !rest.empty();) {
    const std::string one = rest.substr(0, rest.find('\n'));
    rest.erase(0, std::min(one.size() + 1, rest.size()));
    const std::size_t equals = one.find('=');
    cookies[one.substr(0, equals)] = one.substr(equals + 1, one.find(';') - equals - 1);
    if (one.find("Max-Age=0") != one.npos) cookies.erase(one.substr(0, equals));
  }
  at_ = url;
  return answer;
}

Answer Browser::get(const std::string& url) { return ask("GET", url, {{"Accept", "text/html"}}, {}); }

Answer Browser::post(const std::string& url, const std::string& body, const std::string& type,
                     const std::string& method) {
  return ask(method, url, {{"Content-Type", type}, {"Origin", url.substr(0, url.find('/', 8))}}, body);
}

Answer Browser::follow(const std::string& url, const std::string& stop) {
  Answer answer = get(url);
  for (int i = 0; i < 10 && answer.status >= 300 && answer.status < 400; ++i) {
    std::string to = answer.headers.at("location");
    if (to.starts_with('/')) to = at_.substr(0, at_.find('/', 8)) + to;
    if (to.find(stop) != to.npos) return at_ = to, answer;
    answer = get(to);
  }
  return answer;
}

std::uint16_t free_port() {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET, address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* const at = reinterpret_cast<sockaddr*>(&address);
  if (socket < 0 || ::bind(socket, at, size) != 0 || ::getsockname(socket, at, &size) != 0)
    throw std::runtime_error("no free port");
  ::close(socket);
  return ntohs(address.sin_port);
}

}  // namespace varde::test
