#pragma once
// What a browser does with cookies and redirects, and no more of it.
#include <cstdint>
#include <map>
#include <string>

#include "tests/http/support/client.h"

namespace varde::test {

class Browser {
 public:
  /// `url` is whole: http://127.0.0.1:8080/x. No redirect is followed.
  Answer get(const std::string& url);
  /// As a page of `url`'s own site.
  Answer post(const std::string& url, const std::string& body,
              const std::string& type = "application/x-www-form-urlencoded", const std::string& method = "POST");
  /// Follows redirects until an answer is none, or leads to an address that `stop` is in.
  Answer follow(const std::string& url, const std::string& stop = "\n");
  std::string at() const {
    return at_;
  }  ///< the address of the last answer; of one that was not followed, where it led

 private:
  Answer ask(const std::string& method, const std::string& url, Headers headers, const std::string& body);
  std::map<std::string, std::map<std::string, std::string>> jar_;  ///< by host and port
  std::string at_;
};

std::uint16_t free_port();

}  // namespace varde::test
