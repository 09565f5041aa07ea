// The built-in authorization server as a SMART app meets it, over real sockets: the whole flow, and every way in which
// somebody would bend it. RFC 6749, RFC 7636, RFC 9207, RFC 9700, SMART App Launch 2
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fhir-model/json/json.h"
#include "fhir-model/text/base64.h"
#include "server/access/digest.h"
#include "server/access/discovery.h"
#include "server/access/jwt.h"
#include "server/access/login.h"
#include "server/command/demo_login.h"
#include "server/command/issuers.h"
#include "server/interaction/text.h"
#include "tests/http/support/json.h"
#include "tests/http/support/world.h"

namespace varde::test {
namespace {

using testing::HasSubstr;
using testing::Not;
using Parameters = std::vector<std::pair<std::string, std::string>>;

constexpr std::string_view kVerifier = "a-verifier-of-forty-three-letters-or-more-1234";
const std::string kRedirect = "http://127.0.0.1:8000/callback";

class DemoLogin : public testing::Test {
 protected:
  DemoLogin() {
    login = std::make_unique<access::DemoLogin>(
        access::DemoLogin::Settings{"http://varde.test",
                                    "http://varde.test/fhir",
                                    {{"demo-app", {kRedirect}}, {"other", {"https://other.example/back"}}}},
        [this] { return now; });
    const auto keys = std::make_shared<access::KeySource>(command::keys_of(login.get()), access::KeySource::Times{});
    logins = std::make_unique<access::Authenticator>(
        access::Authenticator::Settings{{{login->issuer(), keys}}, "http://varde.test", ""}, seen,
        [this] { return now; });
    World::Options options;
    options.logins = logins.get(), options.plain = command::demo_login_routes(*login);
    options.origins = {"http://127.0.0.1:8000"};
    world = std::make_unique<World>(options);
    world->context->smart_configuration = access::smart_configuration({login->issuer()});
    for (const std::string id : {"astrid", "nils"}) {
      auto tree = fhir::parse_json(R"({"resourceType":"Patient"})");
      EXPECT_TRUE(world->repository->write([&](interaction::Act& act) { return act.create(tree->edit(), id); }));
    }
  }

  static Parameters request() {
    return {{"response_type", "code"},
            {"client_id", "demo-app"},
            {"redirect_uri", kRedirect},
            {"scope", "openid fhirUser launch/patient patient/*.rs offline_access"},
            {"state", "my state"},
            {"nonce", "n1"},
            {"aud", "http://varde.test/fhir"},
            {"code_challenge", fhir::text::to_base64url(access::sha256(kVerifier))},
            {"code_challenge_method", "S256"}};
  }
  static Parameters with(Parameters all, const std::string& name, const std::string& value) {
    std::erase_if(all, [&](const auto& one) { return one.first == name; });
    if (!value.empty()) all.emplace_back(name, value);
    return all;
  }
  Answer authorize(const Parameters& parameters) const {
    return world->get("/demo-login/authorize" + interaction::with_query(parameters));
  }
  Answer post(const std::string& endpoint, const Parameters& form) const {
    return world->ask("POST", "/demo-login/" + endpoint, {{"Content-Type", "application/x-www-form-urlencoded"}},
                      interaction::with_query(form).substr(1));
  }
  static std::string hidden(const std::string& page) {
    const std::string before = R"(name="request" value=")";
    const std::size_t at = page.find(before);
    if (at == page.npos) return {};
    return page.substr(at + before.size(), page.find('"', at + before.size()) - at - before.size());
  }
  static std::string parameter(const Answer& redirect, const std::string& name) {
    const std::string& address = redirect.headers.at("location");
    const auto form = interaction::parse_form(address.substr(address.find('?') + 1)).value();
    for (const auto& [key, value] : form)
      if (key == name) return value;
    return {};
  }
  /// The page is seen, and somebody chosen: where the browser is sent.
  Answer choose(const Parameters& parameters, const std::string& user, const std::string& patient = "astrid") const {
    return post("authorize", {{"request", hidden(authorize(parameters).body)}, {"user", user}, {"patient", patient}});
  }
  static Parameters exchange(const std::string& code) {
    return {{"grant_type", "authorization_code"},
            {"code", code},
            {"redirect_uri", kRedirect},
            {"client_id", "demo-app"},
            {"code_verifier", std::string(kVerifier)}};
  }
  std::string code(const std::string& user = "astrid", const Parameters& parameters = request()) const {
    return parameter(choose(parameters, user), "code");
  }
  int read(const std::string& target, const std::string& token) const {
    return world->ask("GET", target, {{"Authorization", "Bearer " + token}}).status;
  }
  Parameters refresh(const std::string& token) const {
    return {{"grant_type", "refresh_token"}, {"refresh_token", token}, {"client_id", "demo-app"}};
  }

  access::Seconds now{std::chrono::seconds{1'800'000'000}};
  access::SeenProofs seen;
  std::unique_ptr<access::DemoLogin> login;
  std::unique_ptr<access::Authenticator> logins;
  std::unique_ptr<World> world;
};

TEST_F(DemoLogin, takes_an_app_from_discovery_to_the_patients_resources) {
  const auto smart = world->get("/fhir/.well-known/smart-configuration");
  EXPECT_EQ(text_at(smart.body, "authorization_endpoint"), "http://varde.test/demo-login/authorize");
  EXPECT_EQ(text_at(smart.body, "token_endpoint"), "http://varde.test/demo-login/token");
  EXPECT_THAT(smart.body, HasSubstr("client-public"));
  const auto oidc = world->get("/demo-login/.well-known/openid-configuration");
  EXPECT_EQ(oidc.headers.at("content-type"), "application/json");
  EXPECT_EQ(text_at(oidc.body, "issuer"), "http://varde.test/demo-login");
  EXPECT_EQ(json(oidc.body, "code_challenge_methods_supported"), R"(["S256"])");

  const auto page = authorize(request());
  ASSERT_EQ(page.status, 200) << page.body;
  EXPECT_THAT(page.headers.at("content-security-policy"),
              testing::AllOf(HasSubstr("frame-ancestors 'none'"),
                             HasSubstr("form-action 'self' http://127.0.0.1:8000;"), HasSubstr("default-src 'none'")));
  EXPECT_EQ(page.headers.at("x-frame-options"), "DENY");
  EXPECT_EQ(page.headers.at("cache-control"), "no-store");
  const auto back = choose(request(), "astrid");
  ASSERT_EQ(back.status, 303);
  EXPECT_THAT(back.headers.at("location"), testing::StartsWith(kRedirect + "?"));
  EXPECT_EQ(parameter(back, "state"), "my state");
  EXPECT_EQ(parameter(back, "iss"), "http://varde.test/demo-login") << "RFC 9207";

  const auto given = post("token", exchange(parameter(back, "code")));
  ASSERT_EQ(given.status, 200) << given.body;
  EXPECT_EQ(given.headers.at("cache-control"), "no-store");
  EXPECT_EQ(text_at(given.body, "token_type"), "Bearer");
  EXPECT_EQ(text_at(given.body, "patient"), "astrid");
  EXPECT_EQ(text_at(given.body, "scope"), "openid fhirUser launch/patient patient/*.rs offline_access");
  const std::string id = text_at(given.body, "id_token");
  const auto claims = access::read_jwt(id, access::OwnKey::refused, "x");
  ASSERT_TRUE(claims);
  EXPECT_EQ(claims->claims.text("aud"), "demo-app");
  EXPECT_EQ(claims->claims.text("nonce"), "n1");
  EXPECT_EQ(claims->claims.text("fhirUser"), "http://varde.test/fhir/Patient/astrid");

  const std::string token = text_at(given.body, "access_token");
  EXPECT_EQ(read("/fhir/Patient/astrid", token), 200);
  EXPECT_EQ(read("/fhir/Patient/nils", token), 404);
  EXPECT_EQ(read("/fhir/Patient/astrid", id), 401) << "an ID token is no access token";
  now += std::chrono::seconds{1000};
  EXPECT_EQ(read("/fhir/Patient/astrid", token), 401) << "it ends";
}

TEST_F(DemoLogin, redirects_nowhere_but_to_the_letter_of_what_is_registered) {
  for (const std::string address :
       {"http://127.0.0.1:8000/callback/", "http://127.0.0.1:8000/callback?x=1", "http://127.0.0.1:8001/callback",
        "https://127.0.0.1:8000/callback", "http://127.0.0.1:8000/Callback", "http://evil.example/callback",
        "https://other.example/back", "//evil.example", "javascript:alert(1)", ""}) {
    const auto answer = authorize(with(request(), "redirect_uri", address));
    EXPECT_EQ(answer.status, 400) << address;
    EXPECT_FALSE(answer.headers.contains("location")) << address;
  }
  const auto unknown = authorize(with(request(), "client_id", "<script>"));
  EXPECT_EQ(unknown.status, 400);
  EXPECT_THAT(unknown.body, Not(HasSubstr("<script>")));
  auto twice = request();
  twice.emplace_back("redirect_uri", "http://evil.example/");
  EXPECT_EQ(authorize(twice).status, 400);
}

TEST_F(DemoLogin, tells_the_app_what_is_wrong_with_its_request) {
  for (const auto& [name, value, error] : std::vector<std::tuple<std::string, std::string, std::string>>{
           {"response_type", "token", "unsupported_response_type"},
           {"code_challenge_method", "plain", "invalid_request"},
           {"code_challenge_method", "", "invalid_request"},
           {"code_challenge", "", "invalid_request"},
           {"code_challenge", "short", "invalid_request"},
           {"aud", "http://another.example/fhir", "invalid_request"},
           {"aud", "", "invalid_request"},
           {"response_mode", "fragment", "invalid_request"},
           {"prompt", "none", "login_required"},
           {"launch", "made-up", "invalid_request"},
           {"scope", "nonsense", "invalid_scope"}}) {
    const auto answer = authorize(with(request(), name, value));
    ASSERT_EQ(answer.status, 303) << name << "=" << value;
    EXPECT_EQ(parameter(answer, "error"), error) << name << "=" << value;
    EXPECT_EQ(parameter(answer, "state"), "my state");
  }
}

TEST_F(DemoLogin, takes_a_code_once_with_what_it_was_given_for) {
  for (const auto& [name, value] :
       std::vector<std::pair<std::string, std::string>>{{"code_verifier", std::string(46, 'x')},
                                                        {"code_verifier", ""},
                                                        {"client_id", "other"},
                                                        {"redirect_uri", "https://other.example/back"},
                                                        {"code", "made-up"}}) {
    const auto answer = post("token", with(exchange(code()), name, value));
    EXPECT_EQ(answer.status, 400) << name;
    EXPECT_EQ(text_at(answer.body, "error"), "invalid_grant") << name;
  }
  const std::string late = code();
  now += std::chrono::seconds{61};
  EXPECT_EQ(text_at(post("token", exchange(late)).body, "error"), "invalid_grant");

  const std::string once = code();
  const auto first = post("token", exchange(once));
  ASSERT_EQ(first.status, 200) << first.body;
  EXPECT_EQ(text_at(post("token", exchange(once)).body, "error"), "invalid_grant");
  EXPECT_EQ(post("token", refresh(text_at(first.body, "refresh_token"))).status, 400)
      << "a code that comes twice was stolen: what came of it is no longer good";
  EXPECT_EQ(text_at(post("token", {{"grant_type", "password"}}).body, "error"), "unsupported_grant_type");
  EXPECT_EQ(world->ask("POST", "/demo-login/token", {{"Content-Type", "application/json"}}, "{}").status, 415);
  EXPECT_EQ(world->get("/demo-login/token").status, 405);
}

TEST_F(DemoLogin, refreshes_once_for_no_more_than_was_given) {
  const auto first = post("token", exchange(code()));
  const std::string token = text_at(first.body, "refresh_token");
  EXPECT_EQ(text_at(post("token", with(refresh(token), "scope", "user/*.cruds")).body, "error"), "invalid_scope");
  const auto two = with(request(), "scope", "launch/patient patient/Patient.rs patient/Observation.rs offline_access");
  const auto again = post("token", exchange(code("astrid", two)));
  const std::string good = text_at(again.body, "refresh_token");
  const auto second = post("token", with(refresh(good), "scope", "patient/Observation.rs"));
  ASSERT_EQ(second.status, 200) << second.body;
  EXPECT_EQ(read("/fhir/Observation", text_at(second.body, "access_token")), 200);
  EXPECT_EQ(read("/fhir/Patient/astrid", text_at(second.body, "access_token")), 403);
  EXPECT_EQ(post("token", refresh(good)).status, 400) << "it works once";
  EXPECT_EQ(post("token", refresh(text_at(second.body, "refresh_token"))).status, 400) << "and takes its heirs along";
  EXPECT_EQ(
      post("token", with(refresh(text_at(post("token", exchange(code())).body, "refresh_token")), "client_id", "other"))
          .status,
      400);
  const auto without = post("token", exchange(code("astrid", with(request(), "scope", "patient/*.rs launch/patient"))));
  EXPECT_EQ(text_at(without.body, "refresh_token"), "");
  EXPECT_EQ(text_at(without.body, "id_token"), "");
}

TEST_F(DemoLogin, gives_staff_the_patient_that_they_choose_and_patients_none_but_themselves) {
  const auto nurse = post("token", exchange(parameter(choose(request(), "anne", "nils"), "code")));
  EXPECT_EQ(text_at(nurse.body, "patient"), "nils");
  const auto patient = post("token", exchange(parameter(choose(request(), "astrid", "nils"), "code")));
  EXPECT_EQ(text_at(patient.body, "patient"), "astrid");
  EXPECT_EQ(choose(request(), "nobody").status, 400);
  EXPECT_EQ(post("authorize", {{"request", "made-up"}, {"user", "anne"}}).status, 400);
  const std::string page = hidden(authorize(request()).body);
  EXPECT_EQ(post("authorize", {{"request", page}, {"user", "anne"}}).status, 303);
  EXPECT_EQ(post("authorize", {{"request", page}, {"user", "anne"}}).status, 400) << "a page is answered once";
}

TEST_F(DemoLogin, launches_an_app_from_an_epj_with_its_patient) {
  const auto launch = [&](const std::string& uri) {
    return world->get("/demo-login/launch" +
                      interaction::with_query({{"client_id", "demo-app"}, {"launch_uri", uri}, {"patient", "nils"}}));
  };
  const auto started = launch("http://127.0.0.1:8000/launch.html");
  ASSERT_EQ(started.status, 303) << started.body;
  EXPECT_EQ(parameter(started, "iss"), "http://varde.test/fhir");
  const std::string name = parameter(started, "launch");
  auto asked = with(with(request(), "scope", "launch patient/*.rs"), "launch", name);
  EXPECT_EQ(parameter(authorize(with(with(asked, "client_id", "other"), "redirect_uri", "https://other.example/back")),
                      "error"),
            "invalid_request")
      << "it was another program's";
  const std::string mine = parameter(launch("http://127.0.0.1:8000/launch.html"), "launch");
  asked = with(asked, "launch", mine);
  const auto given = post("token", exchange(parameter(choose(asked, "anne", "astrid"), "code")));
  EXPECT_EQ(text_at(given.body, "patient"), "nils");
  EXPECT_EQ(parameter(authorize(asked), "error"), "invalid_request") << "a launch works once";
  for (const std::string uri : {"http://evil.example/", "http://127.0.0.1:8000@evil.example/", "//evil.example",
                                "http://127.0.0.1:80001/", "javascript:alert(1)", ""})
    EXPECT_EQ(launch(uri).status, 400) << uri;
}

TEST_F(DemoLogin, lets_a_page_of_the_app_ask_from_a_browser_and_no_other) {
  const Headers form{{"Content-Type", "application/x-www-form-urlencoded"}, {"Origin", "http://127.0.0.1:8000"}};
  const auto answer = world->ask("POST", "/demo-login/token", form, "grant_type=x");
  EXPECT_EQ(answer.status, 400);
  EXPECT_EQ(answer.headers.at("access-control-allow-origin"), "http://127.0.0.1:8000");
  const Headers foreign{{"Content-Type", "application/x-www-form-urlencoded"}, {"Origin", "http://evil.example"}};
  EXPECT_EQ(world->ask("POST", "/demo-login/token", foreign, "grant_type=x").status, 403);
  EXPECT_EQ(world->ask("POST", "/demo-login/authorize", foreign, "user=anne").status, 403) << "login CSRF";
}

TEST_F(DemoLogin, sends_nobody_who_logs_out_to_a_stranger) {
  EXPECT_EQ(world->get("/demo-login/logout?post_logout_redirect_uri=http://127.0.0.1:8000/bye").status, 303);
  const auto evil = world->get("/demo-login/logout?post_logout_redirect_uri=http://evil.example/");
  EXPECT_EQ(evil.status, 400);
  EXPECT_FALSE(evil.headers.contains("location"));
}

TEST(DemoLoginSetting, is_refused_where_others_than_this_machine_reach_it) {
  command::Config config;
  config.access = command::Config::Access::demo_login;
  EXPECT_TRUE(command::check_access(config));
  config.listen_host = "0.0.0.0";
  EXPECT_FALSE(command::check_access(config));
  config.listen_host = "127.0.0.1", config.public_base = "https://fhir.example.no/fhir";
  EXPECT_FALSE(command::check_access(config));
  config.public_base = "http://127.0.0.1:8080/fhir";
  EXPECT_TRUE(command::check_access(config));
  EXPECT_THAT(command::weak_settings(config, {}).front(), HasSubstr("demo-login"));
}

TEST(DemoLoginSetting, takes_clients_with_whole_addresses_alone) {
  command::Config config;
  EXPECT_TRUE(command::set_demo_clients(config, "a=http://127.0.0.1:1/x a=https://b.example/y c=https://d.example/"));
  EXPECT_EQ(command::show_demo_clients(config), "a=http://127.0.0.1:1/x a=https://b.example/y c=https://d.example/");
  EXPECT_EQ(config.demo_clients.size(), 2u);
  for (const std::string bad : {"a", "=http://x/", "a=ftp://x/", "a=http://x", "a=https://x/*", "a=https://x/#y",
                                "a=https://x/;script-src", "a=https://user@x/"})
    EXPECT_FALSE(command::set_demo_clients(config, bad)) << bad;
  EXPECT_EQ(config.demo_clients.size(), 2u);
}

}  // namespace
}  // namespace varde::test
