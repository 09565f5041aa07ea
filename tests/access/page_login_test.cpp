// Logging in with a browser, over real sockets, with the built-in authorization server as the issuer: the whole way,
// and what somebody else's page or browser would make of it. OpenID Connect Core 1.0, RFC 9700, RFC 6265bis
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fhir-model/text/base64.h"
#include "server/http/login_pages.h"
#include "tests/access/support/pages.h"
#include "tests/access/support/tokens.h"

namespace varde::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class PageLogin : public Pages {};

TEST_F(PageLogin, takes_a_browser_from_a_page_to_the_issuer_and_back_to_the_page) {
  const auto asked = get("/messages");
  EXPECT_EQ(asked.status, 303);
  EXPECT_EQ(asked.headers.at("location"), "/login?to=/messages");
  const auto begun = get("/login?to=/messages");
  EXPECT_EQ(begun.status, 303);
  EXPECT_THAT(begun.headers.at("location"),
              AllOf(testing::StartsWith("http://varde.test/demo-login/authorize?response_type=code&client_id="),
                    HasSubstr("code_challenge_method=S256"), HasSubstr("nonce="), HasSubstr("state=")));
  EXPECT_THAT(begun.headers.at("set-cookie"), AllOf(HasSubstr("HttpOnly"), HasSubstr("SameSite=Lax")));
  const auto done = finished("tove");
  ASSERT_EQ(done.status, 303) << done.body;
  EXPECT_EQ(done.headers.at("location"), "/messages");
  const auto log = get("/messages", session());
  EXPECT_EQ(log.status, 200);
  EXPECT_EQ(log.headers.at("x-frame-options"), "DENY");
  EXPECT_THAT(log.headers.at("content-security-policy"), HasSubstr("frame-ancestors 'none'"));
  EXPECT_EQ(log.headers.at("referrer-policy"), "same-origin");
  const auto nurse = get("/messages", session("anne"));
  EXPECT_EQ(nurse.status, 403) << "a nurse does not read the message log";
  EXPECT_THAT(nurse.body, testing::HasSubstr("gir ikke tilgang")) << "and is told so, with a way out";
  EXPECT_THAT(nurse.body, testing::HasSubstr("action=\"/logout\""));
  EXPECT_EQ(world->get("/messages").status, 401) << "a program is told, not sent about";
}

TEST_F(PageLogin, goes_to_our_own_pages_alone_afterwards) {
  for (const std::string to : {"//evil.example", "https://evil.example/", "/\\evil.example", "javascript:alert(1)",
                               "/messages\r\nX: y", "messages", "", "///evil.example", "/\\\\evil.example",
                               "\\\\evil.example", "/\t/evil.example", "https:evil.example", "//evil.example/%2e%2e",
                               "http:/\\evil.example", "@evil.example", "/@evil.example:x", "data:text/html,x"})
    EXPECT_EQ(finished("tove", to).headers.at("location"), "/") << to;
  // What a browser does not decode on its way stays a path of ours.
  EXPECT_EQ(finished("tove", "/%2F%2Fevil.example").headers.at("location"), "/%2F%2Fevil.example");
  EXPECT_EQ(finished("tove", "/messages?received=3").headers.at("location"), "/messages?received=3");
}

TEST_F(PageLogin, takes_nothing_that_was_not_begun_in_the_same_browser) {
  const Back mine = chosen("tove"), other = chosen("anne");
  EXPECT_EQ(get(mine.callback).status, 400) << "no cookie";
  EXPECT_EQ(get(mine.callback, other.attempt).status, 400) << "login CSRF: the state is another's";
  EXPECT_EQ(get("/login/callback?code=x&state=x", mine.attempt).status, 400);
  EXPECT_EQ(get(mine.callback, mine.attempt).status, 303);
  EXPECT_EQ(get(mine.callback, mine.attempt).status, 400) << "once";
  Back late = chosen("tove");
  now += std::chrono::seconds{601};
  EXPECT_EQ(get(late.callback, late.attempt).status, 400);
  const Back mixed = chosen("tove");
  const std::string from_another = mixed.callback.substr(0, mixed.callback.find("iss=")) + "iss=http://evil" +
                                   mixed.callback.substr(mixed.callback.find('&', mixed.callback.find("iss=")));
  EXPECT_EQ(get(from_another, mixed.attempt).status, 400) << "RFC 9207: mix-up";
  EXPECT_EQ(sessions_kept(), 1);
}

TEST_F(PageLogin, gives_each_session_a_name_of_its_own_and_ends_the_one_before) {
  const std::string planted = "varde-session=planted-by-somebody";
  const auto done = finished("tove", "/messages", planted);
  EXPECT_THAT(cookie(done, "varde-session"), AllOf(Not(HasSubstr("planted")), testing::SizeIs(14 + 43)));
  EXPECT_EQ(get("/messages", planted).status, 303);
  const std::string first = session();
  const std::string second = cookie(finished("tove", "/messages", first), "varde-session");
  EXPECT_NE(first, second);
  EXPECT_EQ(get("/messages", first).status, 303) << "session fixation";
  EXPECT_EQ(get("/messages", second).status, 200);
  for (const std::string& two : {second + "; varde-session=x", "varde-session=x; " + second})
    EXPECT_EQ(get("/messages", two).status, 303) << "two of that name: neither is believed";
}

TEST_F(PageLogin, lets_nothing_be_written_that_does_not_come_from_our_own_page) {
  const std::string mine = session();
  EXPECT_EQ(post("/messages", mine, "resend=1").status, 200);
  EXPECT_EQ(post("/messages", mine, "resend=1", {{"Sec-Fetch-Site", "same-origin"}}).status, 200);
  EXPECT_EQ(post("/messages", mine, "resend=1", {}).status, 403) << "nobody says where it comes from";
  EXPECT_EQ(post("/messages", mine, "resend=1", {{"Origin", "http://evil.example"}}).status, 403);
  EXPECT_EQ(post("/messages", mine, "resend=1", {{"Origin", "null"}}).status, 403);
  EXPECT_EQ(post("/messages", mine, "resend=1", {{"Sec-Fetch-Site", "cross-site"}}).status, 403);
  for (const std::string type : {"text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"})
    EXPECT_EQ(world
                  ->ask("POST", "/fhir/Basic",
                        {{"Cookie", mine}, {"Content-Type", type}, {"Origin", "http://evil.example"}}, "{}")
                  .status,
              403)
        << type;
  EXPECT_EQ(post("/messages", mine, "resend=1", {{"Origin", "http://app.example"}}).status, 403)
      << "who may ask with a token of its own, writes nothing by our cookie";
  EXPECT_EQ(
      post("/messages", mine, "resend=1", {{"Origin", "http://varde.test"}, {"Sec-Fetch-Site", "cross-site"}}).status,
      403);
  EXPECT_EQ(world
                ->ask("POST", "/fhir/Basic", {{"Cookie", mine}, {"Content-Type", "application/fhir+json"}},
                      R"({"resourceType":"Basic","code":{"text":"x"}})")
                .status,
            403);
}

TEST_F(PageLogin, takes_no_token_in_an_address_or_a_form) {
  const auto asked = world->ask("GET", "/fhir/Patient?access_token=secret");
  EXPECT_EQ(asked.status, 400);
  EXPECT_THAT(asked.body, AllOf(HasSubstr("Authorization"), Not(HasSubstr("secret"))));
  const auto form = world->ask("POST", "/fhir/Patient/_search", {{"Content-Type", "application/x-www-form-urlencoded"}},
                               "access_token=secret");
  EXPECT_EQ(form.status, 400);
  EXPECT_THAT(form.body, Not(HasSubstr("secret")));
}

TEST_F(PageLogin, ends_when_nobody_asks_and_in_the_end_anyway) {
  const std::string quiet = session();
  now += std::chrono::seconds{899};
  EXPECT_EQ(get("/messages", quiet).status, 200);
  now += std::chrono::seconds{900};
  EXPECT_EQ(get("/messages", quiet).status, 303);
  const std::string busy = session();
  int answered = 0;
  for (int i = 0; i < 60; ++i) {
    now += std::chrono::seconds{600};
    if (get("/messages", busy).status == 200) ++answered;
  }
  EXPECT_EQ(answered, 47) << "eight hours";
}

TEST_F(PageLogin, ends_by_a_button_here_and_at_the_issuer) {
  const std::string mine = session();
  EXPECT_EQ(get("/logout", mine).status, 200);
  EXPECT_EQ(post("/logout", mine, "", {{"Origin", "http://app.example"}}).status, 403);
  EXPECT_EQ(post("/logout", mine, "", {}).status, 403) << "nor does a form that does not say where it is from";
  EXPECT_EQ(get("/messages", mine).status, 200) << "a link of somebody else's page logs nobody out";
  EXPECT_EQ(post("/logout", mine, "", {{"Origin", "http://evil.example"}}).status, 403);
  const auto left = post("/logout", mine, "");
  ASSERT_EQ(left.status, 200);
  const std::size_t at = left.body.find("0;url=") + 6;
  std::string next = left.body.substr(at, left.body.find('"', at) - at);
  for (std::size_t i = 0; (i = next.find("&amp;", i)) != std::string::npos;) next.replace(i++, 5, "&");
  EXPECT_THAT(next, AllOf(testing::StartsWith("http://varde.test/demo-login/logout?id_token_hint="),
                          HasSubstr("post_logout_redirect_uri=http://varde.test/")));
  EXPECT_THAT(left.headers.at("set-cookie"), HasSubstr("Max-Age=0"));
  EXPECT_EQ(get("/messages", mine).status, 303);
  EXPECT_EQ(get(next.substr(17)).headers.at("location"), "http://varde.test/");
}

TEST_F(PageLogin, ends_by_the_issuers_word_and_nobody_elses) {
  const SigningKey issuers(SigningKey::Kind::ec256, "k1"), stranger(SigningKey::Kind::ec256, "k2");
  const auto own = std::make_shared<access::KeySource>([&] { return std::optional(key_set({&issuers})); },
                                                       access::KeySource::Times{});
  access::Authenticator own_logins({{{issuer, own}}, "http://varde.test", ""}, seen, [this] { return now; });
  const std::string header = R"({"typ":"JWT","alg":"ES256","kid":"k1"})";
  const std::string times = R"(,"iat":1800000000,"nbf":1800000000,"exp":1800000300)";
  std::string nonce;
  access::PageLogin login(
      {issuer, own, "http://varde.test/login/callback"}, own_logins, *sessions, seen,
      [&](const std::string&, const access::Form&, const std::string&) {
        Token access;
        access.sub = "t";
        access.iss = issuer.issuer, access.aud = issuer.audience, access.more = R"(,"role":"team-lead")";
        access.iat = access.nbf = 1'800'000'000, access.exp = 1'800'000'300;
        const std::string id =
            issuers.sign(header, R"({"iss":")" + issuer.issuer + R"(","aud":"varde-pages","sub":"t",)" +
                                     R"("sid":"s1","nonce":")" + nonce + "\"" + times + "}");
        return std::optional<access::Posted>({200, R"({"token_type":"Bearer","access_token":")" + access.by(issuers) +
                                                       R"(","id_token":")" + id + "\"}"});
      },
      [this] { return now; });
  const auto begun = login.begin("/").value();
  const auto value = [&](std::string_view name) {
    for (const auto& [key, text] : begun.parameters)
      if (key == name) return text;
    return std::string();
  };
  nonce = value("nonce");
  const auto done = login.finish({{"code", "c"}, {"state", value("state")}}, begun.attempt);
  ASSERT_TRUE(done) << done.error().diagnostics;
  ASSERT_NE(login.who(done->session), nullptr);
  int words = 0;
  const auto word = [&](const SigningKey& key, const std::string& aud, const std::string& more,
                        const std::string& type = "logout+jwt") {
    return key.sign(R"({"typ":")" + type + R"(","alg":"ES256","kid":"k1"})",
                    R"({"iss":")" + issuer.issuer + R"(","aud":")" + aud + R"(","iat":1800000000,"jti":")" +
                        std::to_string(++words) + '"' + more + "}");
  };
  const std::string event = R"(,"events":{"http://schemas.openid.net/event/backchannel-logout":{}})";
  const std::string sid = R"(,"sid":"s1")";
  EXPECT_FALSE(login.end_by(word(stranger, "varde-pages", event + sid)));
  EXPECT_FALSE(login.end_by(word(issuers, "another", event + sid)));
  EXPECT_FALSE(login.end_by(word(issuers, "varde-pages", sid)));
  EXPECT_FALSE(login.end_by(word(issuers, "varde-pages", event)));
  EXPECT_FALSE(login.end_by(word(issuers, "varde-pages", event + sid + R"(,"nonce":"n")")));
  EXPECT_FALSE(login.end_by(word(issuers, "varde-pages", event + sid, "JWT"))) << "without exp it may be anything";
  EXPECT_FALSE(login.end_by(word(issuers, "varde-pages", event + sid, "at+jwt")));
  EXPECT_FALSE(login.end_by(word(issuers, "varde-pages", event + sid + R"(,"exp":1799999000)")));
  EXPECT_FALSE(login.end_by(
      word(issuers, "varde-pages", R"(,"events":{"http://schemas.openid.net/event/backchannel-logout":true})" + sid)));
  const auto said = [&](const std::string& claims) {
    return issuers.sign(R"({"typ":"logout+jwt","alg":"ES256","kid":"k1"})", "{" + claims + event + sid + "}");
  };
  const std::string iss = R"("iss":")" + issuer.issuer + "\"", aud = R"(,"aud":"varde-pages")",
                    iat = R"(,"iat":1800000000)", jti = R"(,"jti":"j")";
  EXPECT_FALSE(login.end_by(said(R"("iss":"https://evil.example")" + aud + iat + jti))) << "another issuer";
  EXPECT_FALSE(login.end_by(said(R"("x":1)" + aud + iat + jti))) << "nobody's";
  EXPECT_FALSE(login.end_by(said(iss + iat + jti))) << "for nobody";
  EXPECT_FALSE(login.end_by(said(iss + R"(,"aud":["varde-pages","another"])" + iat + jti))) << "for whom of both?";
  EXPECT_FALSE(login.end_by(said(iss + aud + jti))) << "at no time";
  EXPECT_FALSE(login.end_by(said(iss + aud + R"(,"iat":1800000900)" + jti))) << "not yet";
  EXPECT_FALSE(login.end_by(said(iss + aud + iat))) << "any number of times";
  const std::string good = said(iss + aud + iat + jti);
  EXPECT_FALSE(login.end_by(good.substr(0, good.rfind('.') + 1))) << "without its signature";
  EXPECT_FALSE(login.end_by(fhir::text::to_base64url(R"({"typ":"logout+jwt","alg":"none"})") +
                            good.substr(good.find('.'), good.rfind('.') + 1 - good.find('.'))));
  EXPECT_NE(login.who(done->session), nullptr) << "none of them ended it";
  EXPECT_TRUE(login.end_by(word(issuers, "varde-pages", event + R"(,"sid":"another")")));
  EXPECT_TRUE(login.end_by(word(issuers, "varde-pages", event + R"(,"sub":"another")")));
  EXPECT_TRUE(login.end_by(word(issuers, "varde-pages", event + sid + R"(,"sub":"another")")));
  EXPECT_NE(login.who(done->session), nullptr);
  const std::string last = word(issuers, "varde-pages", event + sid);
  now += std::chrono::seconds{700};
  EXPECT_FALSE(login.end_by(last)) << "said long ago";
  now -= std::chrono::seconds{700};
  EXPECT_TRUE(login.end_by(last));
  EXPECT_EQ(login.who(done->session), nullptr);
  EXPECT_FALSE(login.end_by(last)) << "a word that is sent again ends nothing that began since";
  EXPECT_EQ(post("/login/ended", {}, "logout_token=nonsense", {}).status, 400);

  // An ID token about another login, or for another program, opens no session.
  const auto again = login.begin("/").value();
  EXPECT_FALSE(login.finish({{"code", "c"}, {"state", again.parameters[4].second}}, again.attempt))
      << "the nonce is of the login before";
}

TEST_F(PageLogin, by_https_has_cookies_that_no_other_host_and_no_plain_line_sees) {
  const http::LoginPages secure(*pages, "https://fhir.example.no/fhir", nullptr, [] { return storage::Instant{}; });
  http::Received received;
  received.method = "GET", received.target = "/login";
  const auto begun = secure.answer(received, "/login", "").value();
  const auto& [name, value] = begun.headers.front();
  EXPECT_EQ(name, "Set-Cookie");
  EXPECT_THAT(value, AllOf(testing::StartsWith("__Host-varde-login="), HasSubstr("; Secure"), HasSubstr("; HttpOnly"),
                           HasSubstr("; Path=/"), Not(HasSubstr("Domain"))));
}

}  // namespace
}  // namespace varde::test
