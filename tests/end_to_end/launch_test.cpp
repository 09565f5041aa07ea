// A SMART app that an EPJ launches, and our own pages, in a real browser: what it does with redirects, cookies, CORS
// and our Content-Security-Policy no client of ours can tell.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "tests/end_to_end/support/browser.h"
#include "tests/end_to_end/support/process.h"
#include "tests/end_to_end/support/web_driver.h"

namespace varde::test {
namespace {

using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

/// The app's own server: files, and nothing else.
class Files {
 public:
  explicit Files(const std::string& directory) : pid_(::fork()) {
    if (pid_ != 0) return;
    const std::string port = std::to_string(port_);
    const int silence = ::open("/dev/null", O_WRONLY);
    ::dup2(silence, 1), ::dup2(silence, 2);
    ::execl("/usr/bin/python3", "python3", "-m", "http.server", port.c_str(), "--bind", "127.0.0.1", "--directory",
            directory.c_str(), nullptr);
    ::_exit(127);
  }
  ~Files() {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  Files(const Files&) = delete;
  std::string at() const { return "http://127.0.0.1:" + std::to_string(port_); }

 private:
  const std::uint16_t port_ = free_port();
  const pid_t pid_;
};

class InABrowser : public testing::Test {
 protected:
  void SetUp() override {
    if (!WebDriver::is_installed())
      GTEST_SKIP() << "NOT TRIED: no browser is installed (apt-get install chromium chromium-driver)";
    std::ofstream(directory / "c.conf") << "access = demo-login\ndemo-clients = trend-app=" << app.at()
                                        << "/index.html\n";
    served = std::make_unique<Served>((directory / "d").string(),
                                      std::vector<std::string>{"--demo", "--config", (directory / "c.conf").string(),
                                                               "--listen", "127.0.0.1:" + std::to_string(port)});
    browser = std::make_unique<WebDriver>(directory);
  }
  ~InABrowser() override {
    browser.reset();
    std::filesystem::remove_all(directory);
  }
  static std::string source() {
    const char* root = std::getenv("VARDE_SOURCE");
    return root ? root : ".";
  }

  const std::filesystem::path directory = new_directory();
  const std::uint16_t port = free_port();
  const std::string ours = "http://127.0.0.1:" + std::to_string(port);
  const Files app{source() + "/tests/end_to_end/app"};
  std::unique_ptr<Served> served;
  std::unique_ptr<WebDriver> browser;
};

TEST_F(InABrowser, an_epj_launches_an_app_with_its_patient) {
  browser->open(ours + "/demo-login/launch?client_id=trend-app&launch_uri=" + app.at() + "/index.html&patient=astrid");
  EXPECT_THAT(browser->text("code"), "trend-app") << "who asks is told before somebody logs in";
  browser->click("button[value=ingrid]");
  ASSERT_EQ(browser->text_once("#state", "done"), "done");
  EXPECT_THAT(browser->address(), StartsWith(app.at() + "/index.html?"));
  EXPECT_THAT(browser->text("#name"), HasSubstr("Astrid"));
  EXPECT_NE(browser->text("#readings"), "0");
  EXPECT_EQ(browser->text("#others"), "404") << "another patient is not there";
  EXPECT_THAT(browser->complaints(), ElementsAre(HasSubstr("Patient/marit"))) << "of which the browser tells, too";
}

TEST_F(InABrowser, our_pages_log_in_show_and_log_out) {
  struct Page {
    std::string path, user, heading;
  };
  for (const Page& page : {Page{"/messages", "tove", "Meldingslogg"}, Page{"/log", "astrid", "Innsynslogg"}}) {
    browser->open(ours + page.path);
    EXPECT_EQ(browser->text("h1"), "Prøveinnlogging");
    browser->click("button[value=" + page.user + "]");
    EXPECT_EQ(browser->text_once("h1", page.heading), page.heading);
    EXPECT_EQ(browser->address(), ours + page.path);
    browser->open(ours + page.path);
    EXPECT_EQ(browser->text("h1"), page.heading) << "it stays logged in";
    browser->open(ours + "/logout");
    browser->click("form[action='/logout'] button");
    EXPECT_EQ(browser->text_once("h1", "Varde"), "Varde") << "by the issuer, who brings the browser back";
    browser->open(ours + page.path);
    EXPECT_EQ(browser->text("h1"), "Prøveinnlogging") << "and is asked again";
    EXPECT_THAT(browser->complaints(), Each(HasSubstr("/favicon.ico"))) << "our policy is not broken by our pages";
  }
}

}  // namespace
}  // namespace varde::test
