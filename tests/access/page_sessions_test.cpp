// Logins of our own pages as every process on the store knows them, over a restart, and closed to who has the store
// alone. Two servers: on PostgreSQL each with a database connection of its own, on SQLite, which has one process, with
// nothing in common but the store.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fmt/format.h>

#include "server/access/digest.h"
#include "server/clock/clock.h"
#include "tests/access/support/pages.h"
#include "tests/access/support/tokens.h"
#include "tests/support/engine.h"

namespace varde::test {
namespace {

using testing::Not;

class PageSessions : public Pages {
 protected:
  /// Another process on the same store.
  struct Beside {
    explicit Beside(PageSessions& first)
        : own(is_on_postgresql() ? std::make_unique<storage::Database>(on_engine(
                                       {.directory = (first.world->directory / "data").string(), .readers = 2}))
                                 : nullptr),
          database(own ? *own : *first.world->database),
          seen([this](const std::string& proof, access::Seconds until) {
            return database.is_first_use(proof, until.time_since_epoch().count());
          }),
          sessions(repository, first.world->key->text()),
          login(first.login_of(sessions, seen)) {
      http::Settings settings;
      settings.port = 0, settings.logins = first.logins.get(), settings.pages = login.get();
      settings.public_base = "http://varde.test/fhir", settings.hosts = {"x"};
      server =
          std::make_unique<http::Server>(settings, context, repository, database, std::vector<interaction::Route>{},
                                         first.routes(), [](std::string_view) {});
      server->start();
    }
    Answer get(const std::string& target, const std::string& cookies) const {
      return Client(server->port()).ask("GET", target, {{"Accept", "text/html"}, {"Cookie", cookies}}, {});
    }
    Answer leave(const std::string& cookies) const {
      return Client(server->port()).ask("POST", "/logout", {{"Origin", "http://varde.test"}, {"Cookie", cookies}}, {});
    }

    std::unique_ptr<storage::Database> own;
    storage::Database& database;
    interaction::Store store{interaction::uuid_v7(), "http://varde.test/fhir"};
    interaction::Repository repository{database, store, access::anybody()};
    search::CursorKey key = search::CursorKey::of(std::string(32, 'k'));
    fhir::Profiles profiles;
    interaction::Context context{store, key, profiles, {}};
    access::SeenProofs seen;
    command::PageSessions sessions;
    std::unique_ptr<access::PageLogin> login;
    std::unique_ptr<http::Server> server;
  };

  static std::string value_of(const std::string& session) { return session.substr(session.find('=') + 1); }
  void change(const std::string& sql) {
    (void)world->repository->write([&](interaction::Act& act) -> Result<void> {
      act.transaction().connection().script(sql);
      return {};
    });
  }
  /// One column of the one session that is kept.
  std::string kept(const std::string& column) const {
    return world->database->read([&](const storage::Snapshot& snapshot) {
      auto rows = snapshot.connection().query("SELECT " + column + " FROM page_session");
      return rows.next() ? rows.string(0) : std::string();
    });
  }
  /// A word of the issuer's that somebody logged out.
  std::string word(const SigningKey& by, const std::string& more, const std::string& id) const {
    return by.sign(R"({"typ":"logout+jwt","alg":"ES256","kid":"k1"})",
                   R"({"iss":")" + issuer.issuer + R"(","aud":"varde-pages","iat":)" +
                       std::to_string(now.time_since_epoch().count()) + R"(,"jti":")" + id +
                       R"(","events":{"http://schemas.openid.net/event/backchannel-logout":{}})" + more + "}");
  }
};

/// RFC 5869, appendix A.1.
TEST(Derived, is_as_in_the_standards_example) {
  const std::string expected =
      "\x3c\xb2\x5f\x25\xfa\xac\xd5\x7a\x90\x43\x4f\x64\xd0\x36\x2f\x2a"
      "\x2d\x2d\x0a\x90\xcf\x1a\x5a\x4c\x5d\xb0\x2d\x56\xec\xc4\xc5\xbf";
  std::string salt, info;
  for (int i = 0; i < 13; ++i) salt += static_cast<char>(i);
  for (int i = 0; i < 10; ++i) info += static_cast<char>(0xf0 + i);
  EXPECT_EQ(access::derived(std::string(22, '\x0b'), salt, info), expected);
}

TEST_F(PageSessions, are_known_to_every_process_and_ended_for_all) {
  const Beside other(*this);
  const std::string mine = session(), hers = session("anne");
  EXPECT_EQ(other.get("/messages", mine).status, 200) << "logged in there, known here";
  EXPECT_EQ(other.get("/messages", hers).status, 403) << "as who she is";
  const auto left = other.leave(mine);
  EXPECT_EQ(left.status, 200);
  EXPECT_THAT(left.body, testing::HasSubstr("/demo-login/logout?id_token_hint=ey")) << "and at the issuer";
  EXPECT_EQ(get("/messages", mine).status, 303) << "logged out here, unknown there";
  EXPECT_EQ(get("/messages", hers).status, 403) << "hers goes on";
  EXPECT_EQ(sessions_kept(), 1);
}

TEST_F(PageSessions, are_begun_at_one_process_and_finished_at_another) {
  const Beside other(*this);
  const Back back = chosen("tove");
  const auto changed = back.attempt.substr(0, back.attempt.size() - 5) + "AAAAA";
  EXPECT_NE(other.get(back.callback, changed).status, 303) << "what the browser holds is ours";
  const auto done = other.get(back.callback, back.attempt);
  ASSERT_EQ(done.status, 303) << done.body;
  EXPECT_EQ(get("/messages", cookie(done, "varde-session")).status, 200);
  EXPECT_THAT(back.attempt, Not(testing::HasSubstr("messages"))) << "and says nothing to it";
}

TEST_F(PageSessions, last_over_a_restart) {
  const std::string mine = session();
  world->restart();
  EXPECT_EQ(get("/messages", mine).status, 200);
  now += std::chrono::hours{8};
  world->restart();
  EXPECT_EQ(get("/messages", mine).status, 303) << "and end all the same";
}

TEST_F(PageSessions, go_on_here_while_they_are_used_there) {
  const Beside other(*this);
  const std::string mine = session();
  for (int i = 0; i < 4; ++i) {
    now += std::chrono::minutes{10};
    EXPECT_EQ((i % 2 == 0 ? other.get("/messages", mine) : get("/messages", mine)).status, 200) << i;
  }
  now += std::chrono::minutes{15};
  EXPECT_EQ(other.get("/messages", mine).status, 303);
  EXPECT_EQ(get("/messages", mine).status, 303);
  EXPECT_EQ(Client(world->port()).ask("GET", "/fhir/Patient", {{"Cookie", mine}}, {}).status, 401)
      << "a program is told";
}

TEST_F(PageSessions, are_written_once_a_minute_however_much_is_read) {
  const std::string mine = session(), begun = kept("CAST(used AS text)");
  now += std::chrono::seconds{59};
  for (int i = 0; i < 5; ++i) EXPECT_EQ(get("/messages", mine).status, 200);
  EXPECT_EQ(kept("CAST(used AS text)"), begun);
  now += std::chrono::seconds{1};
  EXPECT_EQ(get("/messages", mine).status, 200);
  const auto used = std::stoll(kept("CAST(used AS text)"));
  EXPECT_EQ(used - std::stoll(begun), 60'000'000);
  EXPECT_EQ(std::stoll(kept("CAST(ends AS text)")) - used, 900'000'000);
}

TEST_F(PageSessions, open_by_their_own_cookie_alone) {
  const std::string mine = session(), other_value(43, 'x');
  const std::string sealed = kept("sealed");
  EXPECT_THAT(sealed, Not(testing::HasSubstr(value_of(mine))));
  EXPECT_EQ(kept("key"), access::sha256(value_of(mine)));
  for (const std::string column : {"key", "subject", "of_issuer"})
    EXPECT_THAT(kept(column), Not(testing::AnyOf(testing::HasSubstr("tove"), testing::HasSubstr(value_of(mine)))));
  std::string hex;
  for (const unsigned char c : access::sha256(other_value)) hex += fmt::format("{:02x}", c);
  const std::string key = is_on_postgresql() ? "'\\x" + hex + "'" : "x'" + hex + "'";
  change("INSERT INTO page_session SELECT " + key +
         ", sealed, begun, used, ends, subject, of_issuer FROM page_session");
  ASSERT_EQ(sessions_kept(), 2);
  EXPECT_EQ(get("/messages", "varde-session=" + other_value).status, 303) << "a copy of somebody's row";
  EXPECT_EQ(get("/messages", mine).status, 200);
  const command::PageSessions stranger(*world->repository, std::string(32, 's'));
  EXPECT_FALSE(stranger.find(value_of(mine))) << "another secret";
  EXPECT_TRUE(sessions->find(value_of(mine)));
  change("UPDATE page_session SET begun = begun + 60000000");
  EXPECT_EQ(get("/messages", mine).status, 303) << "one that was made younger";
  change("UPDATE page_session SET begun = begun - 60000000, sealed = 'x'");
  EXPECT_EQ(get("/messages", mine).status, 303);
  EXPECT_THAT(world->log(), Not(testing::HasSubstr(value_of(mine))));
}

TEST_F(PageSessions, are_of_the_issuer_that_is_trusted) {
  const std::string mine = session();
  ASSERT_NE(pages->who(value_of(mine)), nullptr);
  issuer.issuer = "https://sts.example";
  EXPECT_EQ(login_of(*sessions, seen)->who(value_of(mine)), nullptr) << "its settings name another one now";
}

TEST_F(PageSessions, end_by_the_issuers_word_to_any_process_which_works_once_for_all) {
  const Beside other(*this);
  const std::string mine = session(), twice = session(), hers = session("anne");
  const std::string subject = pages->who(value_of(mine))->id;
  const SigningKey issuers(SigningKey::Kind::ec256, "k1");
  own_keys = key_set({&issuers});
  const auto keys_now =
      std::make_shared<access::KeySource>([this] { return std::optional(own_keys); }, access::KeySource::Times{});
  keys = keys_now;
  const auto here = login_of(*sessions, seen);
  auto there_sessions = other.sessions;
  access::SeenProofs there_seen([&](const std::string& proof, access::Seconds until) {
    return other.database.is_first_use(proof, until.time_since_epoch().count());
  });
  const auto there = login_of(there_sessions, there_seen);
  const std::string said = word(issuers, R"(,"sub":")" + subject + '"', "w1");
  EXPECT_TRUE(there->end_by(said));
  for (const std::string& each : {mine, twice}) {
    EXPECT_EQ(get("/messages", each).status, 303);
    EXPECT_EQ(other.get("/messages", each).status, 303);
  }
  EXPECT_EQ(get("/messages", hers).status, 403) << "another's goes on";
  EXPECT_FALSE(there->end_by(said));
  if (is_on_postgresql()) {
    EXPECT_FALSE(here->end_by(said)) << "nor at another process";
  }
  EXPECT_TRUE(here->end_by(word(issuers, R"(,"sub":")" + subject + '"', "w2"))) << "it is not that all are refused";
}

TEST_F(PageSessions, that_have_ended_are_forgotten_by_the_clock) {
  const std::string mine = session();
  clock::Clock clock(world->repository->as(access::ourselves("clock")), [](std::string_view) {});
  command::PageSessions::swept_by(clock);
  (void)clock.do_what_is_due();
  EXPECT_EQ(sessions_kept(), 1);
  const auto end = world->repository->now() + std::chrono::minutes{30};
  const std::string later = std::to_string(end.time_since_epoch().count());
  change("UPDATE due SET at = 1");  // as if the first end had been long ago
  change("UPDATE page_session SET ends = " + later);
  EXPECT_EQ(clock.do_what_is_due(), 1u);
  EXPECT_EQ(sessions_kept(), 1) << "it was used since";
  EXPECT_EQ(clock.do_what_is_due(), 0u) << "and is looked at when it ends";
  change("UPDATE due SET at = 1");
  change("UPDATE page_session SET ends = 2");
  EXPECT_EQ(clock.do_what_is_due(), 1u);
  EXPECT_EQ(sessions_kept(), 0);
  const auto due = world->repository->read([](const interaction::View& view) {
    return storage::due::of(view, storage::DueKind::page_session, storage::PatientKey::none).size();
  });
  EXPECT_EQ(due, 0u) << "nothing is left to be looked at";
}

}  // namespace
}  // namespace varde::test
