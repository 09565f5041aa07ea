#include "tests/http/support/client.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <stdexcept>

namespace varde::test {

Client::Client(std::uint16_t port) : descriptor_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const timeval patience{20, 0};
  const int on = 1;
  ::setsockopt(descriptor_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  ::setsockopt(descriptor_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (::connect(descriptor_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    throw std::runtime_error("cannot connect");
}

Client::~Client() { ::close(descriptor_); }

void Client::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return;  // the server has closed; receive() shows its answer
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

bool Client::closed_by_server() {
  char byte;
  return ::recv(descriptor_, &byte, 1, 0) == 0;
}

Answer Client::receive(bool head) {
  Answer out;
  const auto more = [this] {
    char piece[16384];
    const ssize_t got = ::recv(descriptor_, piece, sizeof piece, 0);
    if (got > 0) buffer_.append(piece, static_cast<std::size_t>(got));
    return got > 0;
  };
  std::size_t end;
  while ((end = buffer_.find("\r\n\r\n")) == std::string::npos)
    if (!more()) return out;
  std::string_view text = std::string_view(buffer_).substr(0, end);
  out.status = std::atoi(std::string(text.substr(9, 3)).c_str());
  for (std::size_t at = text.find("\r\n"); at != std::string_view::npos;) {
    const std::size_t next = text.find("\r\n", at + 2);
    const std::string_view line = text.substr(at + 2, next == std::string_view::npos ? next : next - at - 2);
    std::string name(line.substr(0, line.find(':')));
    for (char& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    const std::string_view said = line.substr(std::min(line.find_first_not_of(' ', line.find(':') + 1), line.size()));
    std::string& value = out.headers[name];
    if (name == "set-cookie" && !value.empty())
      value.append("\n").append(said);  // the one header whose lines are several
    else
      value = said;
    at = next;
  }
  buffer_.erase(0, end + 4);
  if (out.status == 100) return receive(head);
  const std::size_t length = head || !out.headers.contains("content-length")
                                 ? 0
                                 : static_cast<std::size_t>(std::atoll(out.headers["content-length"].c_str()));
  while (buffer_.size() < length)
    if (!more()) break;
  out.body = buffer_.substr(0, length);
  buffer_.erase(0, out.body.size());
  return out;
}

Answer Client::ask(const std::string& method, const std::string& target, const Headers& headers,
                   const std::string& body) {
  std::string text = method + " " + target + " HTTP/1.1\r\nHost: localhost\r\n";
  for (const auto& [name, value] : headers) text += name + ": " + value + "\r\n";
  if (!body.empty() || method == "POST" || method == "PUT")
    text += "Content-Length: " + std::to_string(body.size()) + "\r\n";
  send(text + "\r\n" + body);
  return receive(method == "HEAD");
}

}  // namespace varde::test
