// Signatures of messages, checked: https://www.w3.org/TR/xmldsig-core1/, HIS 80415:2012 §3.3.4 (S01, S02, S03).
// The signed fixtures and their issuer are made by fixtures/signature/make.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "mappings/message.h"
#include "mappings/signature/verify.h"
#include "tests/mappings_envelope/support/reference.h"

namespace varde::mappings::signature {
namespace {

using namespace std::chrono_literals;
using test::fixture;

const auto kThen = std::chrono::sys_days{std::chrono::year{2027} / 1 / 15};

std::string replaced(std::string text, const std::string& what, const std::string& with) {
  const auto at = text.find(what);
  EXPECT_NE(at, std::string::npos) << what;
  return at == std::string::npos ? text : text.replace(at, what.size(), with);
}

std::string signed_message(const std::string& name = "signed.xml") { return fixture("signature/" + name); }

class Signature : public testing::Test {
 protected:
  Verdict of(const std::string& xml, std::chrono::system_clock::time_point at = kThen) const {
    return verify(xml, anchors, at);
  }
  std::string code_of(const std::string& xml) const { return of(xml).error; }

  Anchors anchors = Anchors::from_pem(fixture("signature/anchors.pem")).value();
};

TEST_F(Signature, holds_over_a_whole_message_and_says_who_signed_it) {
  const auto verdict = of(signed_message());
  EXPECT_TRUE(verdict.holds()) << verdict.reason;
  EXPECT_EQ(verdict.signer, "Fjellvik sykehus HF (983974678)");
  EXPECT_FALSE(verdict.list_is_late);
}

TEST_F(Signature, holds_in_latin_1_and_with_an_attachment_and_a_longer_digest) {
  EXPECT_EQ(code_of(signed_message("signed_latin1.xml")), "");
  EXPECT_EQ(code_of(signed_message("signed_attachment.xml")), "");
}

TEST_F(Signature, does_not_hold_when_a_letter_of_the_message_is_another) {
  EXPECT_EQ(code_of(replaced(signed_message(), "<GenDate>2026", "<GenDate>2025")), "S01");
  EXPECT_EQ(code_of(replaced(signed_message(), "<MsgInfo>", "<MsgInfo> ")), "S01");
}

TEST_F(Signature, is_of_the_key_that_its_certificate_names) {
  const auto of_another = signed_message("unknown.xml"), message = signed_message();
  const auto certificates = [](const std::string& xml) {
    const auto from = xml.find("<X509Data>");
    return xml.substr(from, xml.find("</X509Data>") - from);
  };
  EXPECT_EQ(code_of(replaced(message, certificates(message), certificates(of_another))), "S01");
}

TEST_F(Signature, of_an_expired_certificate_is_s02) {
  const auto verdict = of(signed_message("expired.xml"));
  EXPECT_EQ(verdict.error, "S02");
  EXPECT_THAT(verdict.reason, testing::HasSubstr("expired"));
}

TEST_F(Signature, of_an_issuer_that_nobody_trusts_is_s02) {
  const auto verdict = of(signed_message("unknown.xml"));
  EXPECT_EQ(verdict.error, "S02");
  EXPECT_THAT(verdict.words, testing::HasSubstr("utsteder vi ikke stoler på"));
}

TEST_F(Signature, of_a_certificate_that_is_not_for_signing_is_s02) {
  EXPECT_EQ(code_of(signed_message("encipher.xml")), "S02");
}

TEST_F(Signature, of_a_revoked_certificate_is_s03) { EXPECT_EQ(code_of(signed_message("revoked.xml")), "S03"); }

TEST_F(Signature, without_its_certificate_is_s02) {
  auto xml = signed_message();
  const auto from = xml.find("<KeyInfo>"), to = xml.find("</KeyInfo>");
  EXPECT_EQ(code_of(xml.erase(from, to + 10 - from)), "S02");
}

TEST_F(Signature, by_sha_1_is_not_taken) {
  const auto verdict = of(signed_message("sha1.xml"));
  EXPECT_EQ(verdict.error, "S01");
  EXPECT_THAT(verdict.reason, testing::HasSubstr("SHA-256"));
}

TEST_F(Signature, of_a_part_of_the_message_is_not_taken) { EXPECT_EQ(code_of(signed_message("part.xml")), "S01"); }

TEST_F(Signature, is_not_taken_when_what_was_signed_is_wrapped_in_another_message) {
  const auto original = signed_message();
  const auto body = original.substr(original.find("<MsgHead"));
  const auto from = body.find("<Signature"), to = body.find("</Signature>") + 12;
  const auto signature = body.substr(from, to - from);
  auto bare = body;
  bare.erase(from, to - from);
  // The old message stands inside the new one, and its signature beside it, by id.
  auto forged = replaced(bare, "<GenDate>2026", "<GenDate>2027");
  auto moved = replaced(signature, "URI=\"\"", "URI=\"#old\"");
  forged = replaced(forged, "</MsgHead>",
                    replaced(moved, "<KeyInfo>", "<Object Id=\"old\">" + bare + "</Object><KeyInfo>") + "</MsgHead>");
  EXPECT_EQ(code_of(forged), "S01");
  // The signature as it was, one level further down.
  EXPECT_EQ(code_of(replaced(bare, "</MsgHead>", "<Wrapper>" + signature + "</Wrapper></MsgHead>")), "S01");
  // Two of them: which one counts?
  EXPECT_EQ(code_of(replaced(body, "</MsgHead>", signature + "</MsgHead>")), "S01");
}

TEST_F(Signature, may_not_be_made_to_fit_by_a_transform) {
  const std::string transform =
      "<Transform Algorithm=\"http://www.w3.org/TR/1999/REC-xslt-19991116\"/><Transform "
      "Algorithm=\"http://www.w3.org/2000/09/xmldsig#enveloped-signature\"/>";
  EXPECT_EQ(
      code_of(replaced(signed_message(),
                       "<Transform Algorithm=\"http://www.w3.org/2000/09/xmldsig#enveloped-signature\"/>", transform)),
      "S01");
}

TEST_F(Signature, says_that_a_revocation_list_is_late_and_goes_by_it_all_the_same) {
  const auto late = std::chrono::sys_days{std::chrono::year{2057} / 1 / 15};
  const auto verdict = of(signed_message(), late);
  EXPECT_TRUE(verdict.list_is_late) << verdict.reason;
  EXPECT_EQ(verdict.error, "");
  EXPECT_EQ(of(signed_message("revoked.xml"), late).error, "S03");
}

TEST(SignatureAnchors, must_be_pem_with_a_certificate) {
  EXPECT_FALSE(Anchors::from_pem(""));
  EXPECT_FALSE(Anchors::from_pem("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"));
  const auto pem = fixture("signature/anchors.pem");
  EXPECT_FALSE(Anchors::from_pem(pem.substr(pem.find("-----BEGIN X509 CRL"))));
}

}  // namespace
}  // namespace varde::mappings::signature
