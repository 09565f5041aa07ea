#pragma once
/// Our own pages with their login, over real sockets, the built-in authorization server as the issuer, and a browser.
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "fhir-model/text/percent.h"
#include "server/access/fetch.h"
#include "server/access/page_login.h"
#include "server/command/demo_login.h"
#include "server/command/page_sessions.h"
#include "server/interaction/text.h"
#include "server/storage/sql.h"
#include "tests/http/support/world.h"

namespace varde::test {

inline std::int64_t sessions_in(storage::Database& database) {
  return database.read([](const storage::Snapshot& snapshot) {
    auto rows = snapshot.connection().query(std::string("SELECT count(*) FROM page_session"));
    rows.next();
    return rows.integer(0);
  });
}

/// As a process has them.
class Pages : public testing::Test {
 protected:
  Pages() {
    provider = std::make_unique<access::DemoLogin>(
        access::DemoLogin::Settings{
            "http://varde.test", "http://varde.test/fhir", {{"varde-pages", {"http://varde.test/login/callback"}}}},
        [this] { return now; });
    issuer = provider->issuer();
    issuer.client_id = "varde-pages";
    keys = std::make_shared<access::KeySource>(
        [this] { return std::optional(own_keys.empty() ? provider->keys() : own_keys); }, access::KeySource::Times{});
    logins = std::make_unique<access::Authenticator>(
        access::Authenticator::Settings{{{issuer, keys}}, "http://varde.test", ""}, seen, [this] { return now; });
    World::Options options;
    options.logins = logins.get(), options.origins = {"http://app.example"};
    options.pages = [this](const interaction::Repository& repository, const search::CursorKey& key) {
      sessions = std::make_unique<command::PageSessions>(repository, key.text());
      pages = login_of(*sessions, seen);
      return pages.get();
    };
    options.plain = routes();
    world = std::make_unique<World>(options);
  }

  std::vector<http::PlainRoute> routes() const {
    auto all = command::demo_login_routes(*provider);
    for (const std::string method : {"GET", "POST"})
      all.push_back({method, "/messages", [](const auto&) -> Result<interaction::Response> {
                       interaction::Response out;
                       out.content_type = "text/html; charset=utf-8", out.body = "<p>log";
                       return out;
                     }});
    return all;
  }
  std::unique_ptr<access::PageLogin> login_of(access::Sessions& in, access::SeenProofs& known) {
    return std::make_unique<access::PageLogin>(
        access::PageLogin::Settings{issuer, keys, "http://varde.test/login/callback"}, *logins, in, known,
        post_to_world(), [this] { return now; });
  }
  std::int64_t sessions_kept() const { return sessions_in(*world->database); }
  access::OwnClient::Post post_to_world() {
    return [this](const std::string& address, const access::Form& form, const std::string& proof) {
      return access::post_form("http://127.0.0.1:" + std::to_string(world->port()) + address.substr(17),
                               interaction::with_query(form).substr(1), proof);
    };
  }
  static std::string cookie(const Answer& answer, const std::string& name) {
    const auto found = answer.headers.find("set-cookie");
    if (found == answer.headers.end()) return {};
    const std::size_t at = found->second.find(name + "=");
    if (at == std::string::npos) return {};
    return found->second.substr(at, found->second.find(';', at) - at);
  }
  static std::string path_of(const Answer& answer) {
    const std::string& address = answer.headers.at("location");
    return address.starts_with("http://varde.test") ? address.substr(17) : address;
  }
  Answer get(const std::string& target, const std::string& cookies = {}) const {
    Headers headers{{"Accept", "text/html"}};
    if (!cookies.empty()) headers.emplace_back("Cookie", cookies);
    return world->ask("GET", target, headers);
  }
  Answer post(const std::string& target, const std::string& cookies, const std::string& form,
              const Headers& more = {{"Origin", "http://varde.test"}}) const {
    Headers headers{{"Content-Type", "application/x-www-form-urlencoded"}};
    if (!cookies.empty()) headers.emplace_back("Cookie", cookies);
    headers.insert(headers.end(), more.begin(), more.end());
    return world->ask("POST", target, headers, form);
  }
  struct Back {
    std::string attempt, callback;
  };
  /// As far as the address that the issuer sends the browser to.
  Back chosen(const std::string& user, const std::string& to = "/messages") const {
    const auto begun = get("/login?to=" + fhir::text::percent_encoded(to));
    const std::string page = get(path_of(begun)).body;
    const std::size_t at = page.find("name=\"request\" value=\"") + 22;
    const auto sent =
        post("/demo-login/authorize", {}, "request=" + page.substr(at, page.find('"', at) - at) + "&user=" + user);
    return {cookie(begun, "varde-login"), path_of(sent)};
  }
  Answer finished(const std::string& user, const std::string& to = "/messages", const std::string& old = {}) const {
    const Back back = chosen(user, to);
    return get(back.callback, back.attempt + (old.empty() ? "" : "; " + old));
  }
  std::string session(const std::string& user = "tove") const { return cookie(finished(user), "varde-session"); }

  access::Seconds now{std::chrono::seconds{1'800'000'000}};
  access::SeenProofs seen{[this](const std::string& proof, access::Seconds until) {
    return world->database->is_first_use(proof, until.time_since_epoch().count());
  }};
  access::Issuer issuer;
  std::string own_keys;
  std::unique_ptr<access::DemoLogin> provider;
  std::shared_ptr<access::KeySource> keys;
  std::unique_ptr<access::Authenticator> logins;
  std::unique_ptr<access::Sessions> sessions;
  std::unique_ptr<access::PageLogin> pages;
  std::unique_ptr<World> world;
};

}  // namespace varde::test
