#include "tests/end_to_end/support/web_driver.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <stdexcept>
#include <thread>

#include "fhir-model/json/json.h"
#include "tests/end_to_end/support/browser.h"

namespace varde::test {
namespace {

using std::chrono::milliseconds;

constexpr const char* kDriver = "/usr/bin/chromedriver";
constexpr const char* kElement = "element-6066-11e4-a52e-4f735466cecf";  // WebDriver 12.1: the name of a reference
constexpr int kTries = 300;                                              // of a tenth of a second each

std::string quoted(const std::string& text) {
  std::string out;
  fhir::write_json_string(text, out);
  return out;
}

pid_t started(std::uint16_t port, const std::filesystem::path& directory) {
  const pid_t pid = ::fork();
  if (pid != 0) return pid;
  ::setpgid(0, 0);  // with the browser that it starts
  const int log = ::open((directory / "driver.log").c_str(), O_WRONLY | O_CREAT, 0600);
  ::dup2(log, 1), ::dup2(log, 2);
  ::setenv("HOME", directory.c_str(), 1), ::setenv("TMPDIR", directory.c_str(), 1);
  const std::string option = "--port=" + std::to_string(port);
  ::execl(kDriver, kDriver, option.c_str(), nullptr);
  ::_exit(127);
}

}  // namespace

bool WebDriver::is_installed() { return ::access(kDriver, X_OK) == 0; }

WebDriver::WebDriver(const std::filesystem::path& directory) : port_(free_port()), pid_(started(port_, directory)) {
  const std::string wanted =
      R"({"capabilities":{"alwaysMatch":{"goog:loggingPrefs":{"browser":"ALL"},"goog:chromeOptions":{"args":[)"
      R"("--headless=new","--no-sandbox","--disable-dev-shm-usage","--disable-gpu","--disable-component-update",)" +
      quoted("--user-data-dir=" + (directory / "profile").string()) + "]}}}}";
  for (int i = 0; i < kTries && !answers(); ++i) std::this_thread::sleep_for(milliseconds{100});
  session_ = ask("POST", "/session", wanted).member("value").text("sessionId");
  (void)ask("POST", "/timeouts", R"({"implicit":5000})");
}

WebDriver::~WebDriver() {
  try {
    (void)ask("DELETE", "");
  } catch (const std::runtime_error&) {  // it is ended anyway
  }
  ::kill(-pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
}

bool WebDriver::answers() {
  try {
    return bool(ask("GET", "/status"));
  } catch (const std::runtime_error&) {
    return false;
  }
}

access::Json WebDriver::ask(const std::string& method, const std::string& path, const std::string& json) {
  Client client(port_);
  const auto answer = client.ask(method, (session_.empty() ? "" : "/session/" + session_) + path,
                                 {{"Content-Type", "application/json"}}, json);
  auto read = access::Json::object(answer.body, 20);
  if (answer.status != 200 || !read) throw std::runtime_error("the browser, " + path + ": " + answer.body);
  return std::move(*read);
}

void WebDriver::open(const std::string& url) { (void)ask("POST", "/url", R"({"url":)" + quoted(url) + "}"); }

std::string WebDriver::address() { return ask("GET", "/url").text("value"); }

std::string WebDriver::found(const std::string& selector) {
  const auto answer = ask("POST", "/element", R"({"using":"css selector","value":)" + quoted(selector) + "}");
  return "/element/" + answer.member("value").text(kElement);
}

std::string WebDriver::text(const std::string& selector) { return ask("GET", found(selector) + "/text").text("value"); }

void WebDriver::click(const std::string& selector) { (void)ask("POST", found(selector) + "/click", "{}"); }

std::string WebDriver::text_once(const std::string& selector, const std::string& expected) {
  std::string said;
  for (int i = 0; i < kTries && said != expected; ++i) {
    if (i > 0) std::this_thread::sleep_for(milliseconds{100});
    try {
      said = text(selector);
    } catch (const std::runtime_error&) {  // the page changes just now
    }
  }
  return said;
}

std::vector<std::string> WebDriver::complaints() {
  std::vector<std::string> out;
  for (const auto& one : ask("POST", "/se/log", R"({"type":"browser"})").members("value"))
    if (one.text("level") != "INFO" && one.text("level") != "DEBUG") out.push_back(one.text("message"));
  return out;
}

}  // namespace varde::test
