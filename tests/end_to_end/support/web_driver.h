#pragma once
// A real browser (Debian's chromium), driven through chromedriver. Source: W3C WebDriver,
// https://www.w3.org/TR/webdriver2/
#include <sys/types.h>

#include <filesystem>
#include <string>
#include <vector>

#include "server/access/json.h"

namespace varde::test {

class WebDriver {
 public:
  static bool is_installed();
  /// Everything that the browser keeps lies below `directory`. Throws std::runtime_error where it does not start.
  explicit WebDriver(const std::filesystem::path& directory);
  ~WebDriver();
  WebDriver(const WebDriver&) = delete;

  void open(const std::string& url);
  std::string address();
  /// Of the first element that the CSS selector finds; waited for.
  std::string text(const std::string& selector);
  void click(const std::string& selector);
  /// Waits until that element says so; what it says in the end.
  std::string text_once(const std::string& selector, const std::string& expected);
  /// What the browser would not do, since the page was opened: a broken Content-Security-Policy, a refused request.
  std::vector<std::string> complaints();

 private:
  bool answers();
  access::Json ask(const std::string& method, const std::string& path, const std::string& json = {});
  std::string found(const std::string& selector);

  std::uint16_t port_;
  pid_t pid_ = -1;
  std::string session_;
};

}  // namespace varde::test
