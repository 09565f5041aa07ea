// Logins of our pages as an operator sets them, with an issuer that is another process: our own demonstration issuer,
// held to what HelseID demands, and glewlwyd, which is nobody's of ours.
// FAPI 2.0 Security Profile, RFC 9126, RFC 7523, RFC 9449, RFC 9207, OpenID Connect Back-Channel Logout 1.0
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <thread>

#include "fhir-model/json/json.h"
#include "fhir-model/text/percent.h"
#include "tests/access/support/tokens.h"
#include "tests/end_to_end/support/browser.h"
#include "tests/end_to_end/support/process.h"

namespace varde::test {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string quoted(const std::string& text) {
  std::string out;
  fhir::write_json_string(text, out);
  return out;
}

/// A key with the algorithm that it is for, as some issuers want it.
std::string with_algorithm(const std::string& jwk) { return R"({"alg":"ES256","use":"sig",)" + jwk.substr(1); }

class PagesOfAnother : public testing::Test {
 protected:
  PagesOfAnother() {
    write("client.jwk", key.private_jwk(), 0600);
    write("client.jwks", R"({"keys":[)" + with_algorithm(key.public_jwk()) + "]}", 0644);
  }
  ~PagesOfAnother() override { std::filesystem::remove_all(directory); }

  std::string path(const std::string& name) const { return (directory / name).string(); }
  std::string write(const std::string& name, const std::string& text, mode_t mode = 0600) const {
    std::ofstream(directory / name) << text;
    ::chmod(path(name).c_str(), mode);
    return path(name);
  }
  /// Ours, that logs in with the issuer of that file.
  std::unique_ptr<Served> pages(const std::string& issuers) const {
    const std::string conf = write(
        "pages.conf", "access = oauth\nissuers = " + write("issuers", issuers) + "\npublic-base = " + ours + "/fhir\n");
    return std::make_unique<Served>(
        path("pages"), std::vector<std::string>{"--config", conf, "--listen", "127.0.0.1:" + std::to_string(port)});
  }

  std::filesystem::path directory = new_directory();
  SigningKey key{SigningKey::Kind::ec256, "pages-1"};
  const std::uint16_t port = free_port();
  const std::string ours = "http://127.0.0.1:" + std::to_string(port);
  Browser browser;
};

std::string hidden(const std::string& page, const std::string& name) {
  const std::string before = "name=\"" + name + "\" value=\"";
  const std::size_t at = page.find(before);
  return at == page.npos ? std::string()
                         : page.substr(at + before.size(), page.find('"', at + before.size()) - at - before.size());
}

std::string issuer_lines(const std::string& issuer, const std::string& endpoints, const std::string& client_key) {
  return "[sts]\nissuer = " + issuer + "\nalgorithms = ES256\nlogin-profile = fapi2\nclient-key = " + client_key +
         "\nauthorization-endpoint = " + endpoints;
}

TEST_F(PagesOfAnother, log_in_with_the_demonstrations_issuer_as_with_helseid) {
  const std::string conf =
      write("sts.conf", "access = demo-login\ndemo-clients = journal=" + ours +
                            "/login/callback\ndemo-client-keys = journal=" + path("client.jwks") + "\n");
  Served sts(path("sts"), {"--config", conf});
  const std::string root = sts.base().substr(0, sts.base().find("/fhir")), at = root + "/demo-login";
  const auto served =
      pages(issuer_lines(at, at + "/authorize", path("client.jwk")) + "\npushed-authorization-endpoint = " + at +
            "/par\ntoken-endpoint = " + at + "/token\nlogout-endpoint = " + at + "/logout\nkeys = " + at +
            "/jwks\naudience = " + sts.base() +
            "\nclient-id = journal\nclaim-name = name\nclaim-role = role\nclaim-organisation = organisation\n");
  const auto asked = browser.follow(ours + "/messages");
  ASSERT_EQ(asked.status, 200) << asked.body;
  EXPECT_THAT(browser.at(), HasSubstr("request_uri=urn:"));
  EXPECT_THAT(browser.at(), Not(HasSubstr("code_challenge"))) << "what is asked for does not pass the browser";
  const auto chosen = browser.post(at + "/authorize", "user=tove&request=" + hidden(asked.body, "request"));
  ASSERT_EQ(chosen.status, 303) << chosen.body;
  const auto page = browser.follow(chosen.headers.at("location"));
  EXPECT_EQ(page.status, 200) << page.body;
  EXPECT_EQ(browser.at(), ours + "/messages");
  const auto left = browser.post(ours + "/logout", "");
  EXPECT_THAT(left.body, HasSubstr(at + "/logout?id_token_hint="));
  EXPECT_EQ(browser.get(ours + "/messages").status, 303);
}

TEST_F(PagesOfAnother, tell_what_failed_where_the_issuer_takes_no_login) {
  const std::string nowhere = "http://127.0.0.1:" + std::to_string(free_port());
  const auto served = pages(issuer_lines(nowhere, nowhere + "/authorize", path("client.jwk")) +
                            "\npushed-authorization-endpoint = " + nowhere + "/par\ntoken-endpoint = " + nowhere +
                            "/token\nkeys = " + path("client.jwks") + "\naudience = a\nclient-id = journal\n");
  const auto page = browser.follow(ours + "/messages");
  EXPECT_EQ(page.status, 503);
  EXPECT_THAT(page.body, HasSubstr("Innloggingen ble ikke fullført"));
  EXPECT_THAT(page.body, HasSubstr("no answer"));
}

TEST_F(PagesOfAnother, are_not_served_with_half_of_the_profile) {
  const std::string whole = issuer_lines("https://sts.example", "https://sts.example/a", path("client.jwk")) +
                            "\nkeys = " + path("client.jwks") +
                            "\naudience = a\ntoken-endpoint = https://sts.example/t\n";
  const auto check = [&](const std::string& issuers) {
    return run(
        {"config", "check", "--config", write("c.conf", "access = oauth\nissuers = " + write("i", issuers) + "\n")});
  };
  EXPECT_THAT(check(whole).err, HasSubstr("client-id"));
  EXPECT_THAT(check(whole + "client-id = x\n").err, HasSubstr("pushed-authorization-endpoint"));
  const std::string pushed = "client-id = x\npushed-authorization-endpoint = https://sts.example/par\n";
  EXPECT_EQ(check(whole + pushed).status, 0) << check(whole + pushed).err;
  std::string keyless = whole + pushed;
  keyless.erase(keyless.find("client-key"),
                keyless.find('\n', keyless.find("client-key")) - keyless.find("client-key") + 1);
  EXPECT_THAT(check(keyless).err, HasSubstr("client-key"));
  EXPECT_THAT(check(whole + "client-id = x\npushed-authorization-endpoint = http://sts.example/par\n").err,
              HasSubstr("https"));
  for (const std::string hidden : {"https://sts.example@evil.example/par", "http://localhost:1@evil.example/",
                                   "https://sts.example\\@evil.example/"})
    EXPECT_THAT(check(whole + pushed + "logout-endpoint = " + hidden + "\n").err, HasSubstr("https address")) << hidden;
  EXPECT_THAT(check(whole + pushed + "login-profile = half\n").err, HasSubstr("plain or fapi2"));
}

/// The independent one: Debian's glewlwyd, set up by its own API.
class Glewlwyd {
 public:
  static bool is_installed() { return ::access("/usr/bin/glewlwyd", X_OK) == 0; }
  Glewlwyd(const std::filesystem::path& directory, std::uint16_t port)
      : at_("http://localhost:" + std::to_string(port)) {
    const std::string database = (directory / "g.db").string(), conf = (directory / "g.conf").string();
    const std::string made = "sqlite3 " + database + " < /usr/share/dbconfig-common/data/glewlwyd/install/sqlite3";
    if (std::system(made.c_str()) != 0) throw std::runtime_error("glewlwyd's database cannot be made (sqlite3)");
    std::ofstream(conf) << "port=" << port << "\nbind_address=\"127.0.0.1\"\nexternal_url=\"" << at_ << R"("
login_url="login.html"
api_prefix="api"
log_mode="console"
log_level="WARNING"
session_key="GLEWLWYD2_SESSION_ID"
session_expiration=3600
cookie_same_site="empty"
admin_session_authentication="cookie"
profile_session_authentication="cookie"
login_api_enabled=true
admin_scope="g_admin"
profile_scope="g_profile"
user_module_path="/usr/lib/glewlwyd/user"
client_module_path="/usr/lib/glewlwyd/client"
user_auth_scheme_module_path="/usr/lib/glewlwyd/scheme"
plugin_module_path="/usr/lib/glewlwyd/plugin"
use_secure_connection=false
secure_connection_key_file="/none"
secure_connection_pem_file="/none"
secure_connection_ca_file="/none"
hash_algorithm="SHA512"
database = { type = "sqlite3" path = ")"
                        << database << "\" };\n";
    pid_ = ::fork();
    if (pid_ == 0) {
      const int log = ::open((directory / "g.log").c_str(), O_WRONLY | O_CREAT, 0600);
      ::dup2(log, 1), ::dup2(log, 2);
      const std::string option = "--config-file=" + conf;
      ::execl("/usr/bin/glewlwyd", "glewlwyd", option.c_str(), nullptr);
      ::_exit(127);
    }
    for (int i = 0; i < 200 && !answers(); ++i) std::this_thread::sleep_for(std::chrono::milliseconds{50});
    if (post("/api/auth/", R"({"username":"admin","password":"password"})").status != 200)
      throw std::runtime_error("glewlwyd does not start");
  }
  ~Glewlwyd() {
    ::kill(pid_, SIGTERM);
    ::waitpid(pid_, nullptr, 0);
  }
  Answer post(const std::string& path, const std::string& json, const std::string& method = "POST") {
    return admin_.post(at_ + path, json, "application/json", method);
  }
  const std::string& at() const { return at_; }

 private:
  bool answers() {
    try {
      return admin_.get(at_ + "/config").status != 0;
    } catch (const std::exception&) {
      return false;
    }
  }
  std::string at_;
  Browser admin_;
  pid_t pid_ = -1;
};

TEST_F(PagesOfAnother, log_in_with_an_issuer_that_is_not_ours) {
  if (!Glewlwyd::is_installed())
    GTEST_SKIP() << "NOT TRIED: no independent issuer is installed (apt-get install glewlwyd sqlite3)";
  Glewlwyd sts(directory, free_port());
  const SigningKey signing(SigningKey::Kind::ec256, "op1");
  const std::string keys = R"({"keys":[)" + with_algorithm(signing.private_jwk()) + "]}";
  const auto made = [&](const std::string& path, const std::string& json) {
    const auto answer = sts.post(path, json);
    EXPECT_EQ(answer.status, 200) << path << " " << answer.body;
  };
  made("/api/scope/",
       R"({"name":"varde","display_name":"Varde","password_required":true,"scheme":{},"scheme_required":{}})");
  made("/api/mod/plugin/", R"({"module":"oidc","name":"oidc","display_name":"OIDC","parameters":{"iss":")" + sts.at() +
                               R"(/","jwks-private":)" + quoted(keys) + R"(,"default-kid":"op1","jwks-show":true,
"access-token-duration":900,"refresh-token-duration":3600,"code-duration":60,"refresh-token-rolling":true,"allow-non-oidc":false,
"auth-type-code-enabled":true,"auth-type-token-enabled":false,"auth-type-implicit-enabled":false,"auth-type-password-enabled":false,
"auth-type-client-enabled":false,"auth-type-refresh-enabled":true,"auth-type-none-enabled":false,"auth-type-device-enabled":false,
"pkce-allowed":true,"pkce-method-plain-allowed":false,"pkce-required":true,"client-jwks-parameter":"jwks",
"request-parameter-allow":true,"request-maximum-exp":3600,"oauth-dpop-allowed":true,"oauth-dpop-iat-duration":60,
"oauth-dpop-nonce-mandatory":true,"oauth-dpop-nonce-counter":5,"oauth-par-allowed":true,"oauth-par-required":true,
"oauth-par-duration":90,"oauth-par-request_uri-prefix":"urn:ietf:params:oauth:request_uri:","oauth-as-iss-id":true,
"subject-type":"public","session-management-allowed":true,"back-channel-logout-allowed":true,"front-channel-logout-allowed":false,
"session-cookie-name":"GLEWLWYD2_OIDC_SID","session-cookie-expiration":3600,"claims":[],"scope":[]}})");
  made("/api/client/",
       R"({"client_id":"varde-pages","name":"Varde","confidential":true,"enabled":true,"scope":["openid","varde"],
"redirect_uri":[")" +
           ours + R"(/login/callback"],"authorization_type":["code"],"token_endpoint_auth_method":["private_key_jwt"],
"jwks":{"keys":[)" +
           with_algorithm(key.public_jwk()) + R"(]},"post_logout_redirect_uri":")" + ours +
           R"(/","backchannel_logout_uri":")" + ours + R"(/login/ended","backchannel_logout_session_required":"1"})");
  made("/api/user/",
       R"({"username":"tove","name":"Tove Dahl","password":"hemmelig1","enabled":true,"scope":["openid","varde"]})");

  const std::string oidc = sts.at() + "/api/oidc";
  const auto served =
      pages(issuer_lines(sts.at() + "/", oidc + "/auth", path("client.jwk")) +
            "\nclient-assertion-audience = endpoint" + "\npushed-authorization-endpoint = " + oidc +
            "/par\ntoken-endpoint = " + oidc + "/token\nlogout-endpoint = " + oidc + "/end_session\nkeys = " + oidc +
            "/jwks\naudience = openid varde\nclient-id = varde-pages\nlogin-scope = openid varde\n"
            "scope varde = user/*.cruds\ndefault-role = team-lead\n");
  EXPECT_EQ(
      browser.post(sts.at() + "/api/auth/", R"({"username":"tove","password":"hemmelig1"})", "application/json").status,
      200);
  EXPECT_EQ(
      browser.post(sts.at() + "/api/auth/grant/varde-pages", R"({"scope":"openid varde"})", "application/json", "PUT")
          .status,
      200);
  (void)browser.follow(ours + "/messages", oidc + "/auth");
  EXPECT_THAT(browser.at(), HasSubstr("request_uri="));
  // As its login page goes on.
  const auto page = browser.follow(browser.at() + "&g_continue");
  ASSERT_EQ(page.status, 200) << browser.at() << page.body;
  EXPECT_EQ(browser.at(), ours + "/messages");
}

}  // namespace
}  // namespace varde::test
