// TLS as the operator sets it: a settings file, the real binary, a signal.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <thread>

#include "tests/end_to_end/support/process.h"
#include "tests/http/support/certificates.h"

namespace varde::test {
namespace {

using testing::HasSubstr;

class TlsSettings : public testing::Test {
 protected:
  ~TlsSettings() override { std::filesystem::remove_all(directory); }
  std::string settings(const std::string& more = {}) const {
    const auto file = directory / "varde.conf";
    std::ofstream(file) << "tls-certificate = " << (directory / "ours.crt").string()
                        << "\ntls-key = " << (directory / "ours.key").string() << "\n"
                        << more;
    return file.string();
  }
  std::filesystem::path directory = new_directory();
};

TEST_F(TlsSettings, serve_by_https_and_take_a_new_certificate_on_a_signal) {
  make_certificate({}).write(directory, "ours");
  Served varde((directory / "data").string(), {"--config", settings()});
  ASSERT_THAT(varde.base(), testing::StartsWith("https://127.0.0.1:"));
  const auto port = static_cast<std::uint16_t>(std::stoi(varde.base().substr(18)));
  EXPECT_EQ(TlsClient(port).ask("GET", "/fhir/Patient").status, 200);
  const Certificate fresh = make_certificate({});
  fresh.write(directory, "ours");
  varde.signal(SIGHUP);
  std::string shown;
  for (int i = 0; i < 100 && shown != fresh.thumbprint(); ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds{50});
    shown = TlsClient(port).server_thumbprint();
  }
  EXPECT_EQ(shown, fresh.thumbprint());
  ::chmod((directory / "ours.key").c_str(), 0644);
  varde.signal(SIGHUP);
  for (int i = 0; i < 100 && varde.log().find("could not be read again") == std::string::npos; ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds{50});
  EXPECT_THAT(varde.log(), HasSubstr("chmod 0600"));
  EXPECT_EQ(TlsClient(port).ask("GET", "/fhir/Patient").status, 200);
  EXPECT_EQ(varde.stop(SIGTERM), 0);
}

TEST_F(TlsSettings, are_refused_where_they_do_not_go_together_or_cannot_be_used) {
  make_certificate({}).write(directory, "ours");
  const auto check = [&](const std::string& more) { return run({"config", "check", "--config", settings(more)}); };
  EXPECT_EQ(check("").status, 0);
  EXPECT_THAT(check("").err, HasSubstr("weak: tls-certificate: it is signed by itself"));
  EXPECT_THAT(check("public-base = http://x.example/fhir\n").err, HasSubstr("must be an https address"));
  EXPECT_THAT(check("tls-client-authorities = /nowhere\n").err, HasSubstr("needs tls-clients"));
  EXPECT_THAT(check("tls-clients = asked\ntls-client-authorities = /nowhere\n").err,
              HasSubstr("/nowhere: no PEM file"));
  EXPECT_THAT(check("tls-least = 1.1\n").err, HasSubstr("must be 1.2 or 1.3"));
  ::chmod((directory / "ours.key").c_str(), 0604);
  const auto refused = check("");
  EXPECT_EQ(refused.status, 1);
  EXPECT_THAT(refused.err, HasSubstr("chmod 0600"));
}

}  // namespace
}  // namespace varde::test
