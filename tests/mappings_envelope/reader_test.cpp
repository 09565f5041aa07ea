// What the reader lets in and what it does not, whoever made the bytes.
#include "mappings/reader/reader.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "tests/mappings_envelope/support/reference.h"

namespace varde::mappings {
namespace {

using test::fixture;

std::string replaced(std::string text, const std::string& what, const std::string& with) {
  return text.replace(text.find(what), what.size(), with);
}

Reading read(const std::string& bytes) { return message_reader().read(bytes); }

std::string first_fault(const Reading& reading) {
  return reading.failures.empty() ? "none" : std::string(row_of(reading.failures[0].fault).name);
}

TEST(Reader, gives_the_same_text_whatever_the_encoding) {
  for (const char* name : {"log_innlagt_1.6.xml", "log_innlagt_1.6_latin1.xml", "log_innlagt_1.6_cp1252.xml"}) {
    const Reading reading = read(fixture(name));
    EXPECT_TRUE(reading.schema_valid) << name;
    EXPECT_EQ(reading.root.at("MsgInfo/Patient/FamilyName"), "Ålgård-Næss") << name;
  }
  EXPECT_EQ(read(fixture("log_innlagt_1.6_cp1252.xml")).root.at("MsgInfo/Type/@DN"),
            "Melding om innlagt pasient – fra Bjørnå");
}

TEST(Reader, keeps_a_byte_order_mark_out_of_the_way) {
  EXPECT_TRUE(read("\xEF\xBB\xBF" + fixture("log_innlagt_1.6.xml")).schema_valid);
}

TEST(Reader, refuses_bytes_that_the_declared_encoding_does_not_have) {
  std::string bytes = fixture("log_innlagt_1.6.xml");
  bytes[bytes.find("\xC3\x85lg") + 1] = 'x';
  const Reading reading = read(bytes);
  EXPECT_FALSE(reading.well_formed);
  EXPECT_EQ(first_fault(reading), "encoding-invalid");
}

TEST(Reader, refuses_a_document_type_before_it_expands_anything) {
  const std::string bomb =
      R"(<?xml version="1.0"?><!DOCTYPE M [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]><M>&b;</M>)";
  const std::string file = R"(<!DOCTYPE M [<!ENTITY f SYSTEM "file:///etc/hostname">]><M>&f;</M>)";
  const std::string outside = R"(<!DOCTYPE M SYSTEM "http://127.0.0.1:9/x.dtd"><M/>)";
  for (const std::string& bytes : {bomb, file, outside}) {
    const Reading reading = read(bytes);
    EXPECT_FALSE(reading.well_formed);
    ASSERT_FALSE(reading.failures.empty());
    EXPECT_NE(reading.failures[0].diagnostics.find("document type"), std::string::npos);
    EXPECT_TRUE(reading.root.text.empty());
  }
}

TEST(Reader, reads_the_next_message_rightly_after_a_refused_one) {
  for (int i = 0; i < 20; ++i) {
    EXPECT_FALSE(read("<!DOCTYPE M><M/>").well_formed);
    EXPECT_FALSE(read("<M>").well_formed);
    EXPECT_TRUE(read(fixture("log_dod_1.5.xml")).schema_valid);
  }
}

TEST(Reader, stops_at_nesting_that_no_message_has) {
  std::string bytes;
  for (int i = 0; i < 200'000; ++i) bytes += "<a>";
  EXPECT_EQ(first_fault(read(bytes)), "too-deep");
}

TEST(Reader, lists_the_first_errors_of_a_flood_and_goes_on_to_the_end) {
  std::string bytes = fixture("log_innlagt_1.6.xml");
  std::string flood;
  for (int i = 0; i < 2000; ++i) flood += "<TullOgTøys x='1'/>";
  bytes.insert(bytes.find("<MIGversion>"), flood);
  const Reading reading = read(bytes);
  EXPECT_TRUE(reading.well_formed);
  EXPECT_FALSE(reading.schema_valid);
  EXPECT_LE(reading.failures.size(), XmlReader::kMostFailures);
}

TEST(Reader, ignores_where_a_message_says_that_its_schema_is) {
  std::string bytes = fixture("log_innlagt_1.6.xml");
  bytes.insert(bytes.find("<MsgHead ") + 9,
               "xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" "
               "xsi:schemaLocation=\"http://www.kith.no/xmlstds/msghead/2006-05-24 http://127.0.0.1:9/evil.xsd\" ");
  EXPECT_TRUE(read(bytes).schema_valid);
}

TEST(Reader, takes_no_offence_at_a_schema_location_that_is_no_pair) {
  std::string bytes = fixture("log_innlagt_1.6.xml");
  bytes.insert(bytes.find("<MsgHead ") + 9,
               "xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xsi:schemaLocation=\"MsgHead-v1_2.xsd\" ");
  EXPECT_TRUE(read(bytes).schema_valid);
  EXPECT_FALSE(read(bytes + "<more/>").well_formed);  // what is fatal still is
  EXPECT_EQ(first_fault(read(replaced(bytes, "</MsgInfo>", ""))), "not-well-formed");
}

TEST(Reader, refuses_bytes_after_the_end_of_the_document) {
  const std::string bytes = fixture("log_innlagt_1.6.xml");
  EXPECT_TRUE(read(bytes + "\n<!-- sent -->\n").well_formed);
  for (const std::string& more : {std::string("junk"), std::string("<a/>"), std::string("\0", 1),
                                  std::string(" \0 ", 3), std::string("\x1A"), bytes}) {
    const Reading reading = read(bytes + more);
    EXPECT_FALSE(reading.well_formed) << more.substr(0, 5);
    EXPECT_EQ(first_fault(reading), "not-well-formed");
  }
}

TEST(Reader, refuses_a_byte_order_mark_that_contradicts_the_declaration) {
  const std::string latin = fixture("log_innlagt_1.6_latin1.xml");
  EXPECT_TRUE(read(latin).well_formed);
  EXPECT_EQ(first_fault(read("\xEF\xBB\xBF" + latin)), "encoding-invalid");
  std::string utf16 = "\xFF\xFE";
  for (const char c : std::string(R"(<?xml version="1.0" encoding="ISO-8859-1"?><a/>)")) utf16 += c, utf16 += '\0';
  EXPECT_EQ(first_fault(read(utf16)), "encoding-invalid");
}

TEST(Reader, says_where_and_what_but_never_the_value) {
  std::string bytes = fixture("log_innlagt_1.6.xml");
  const std::string right = "<DateOfBirth>1941-10-01</DateOfBirth>";
  bytes.replace(bytes.find(right), right.size(), "<DateOfBirth>Hemmelig Hansen</DateOfBirth>");
  bytes.replace(bytes.find("<Anslag>false"), 13, "<Anslag>Skjult");
  bytes.insert(bytes.find("<Receiver>"), "<Lønnlig/>");
  bytes.insert(bytes.find("<FamilyName>") + 11, " Skjult='Hemmelig'");
  const Reading reading = read(bytes);
  EXPECT_TRUE(reading.well_formed);
  ASSERT_GE(reading.failures.size(), 4u);
  std::string all;
  for (const Failure& failure : reading.failures) all += failure.expression + " " + failure.diagnostics + "\n";
  EXPECT_NE(all.find("/MsgHead/MsgInfo/Patient/DateOfBirth "), std::string::npos) << all;
  EXPECT_NE(all.find("/MeldingInnlagtPasient/TidsfestetHendelse/Anslag "), std::string::npos) << all;
  EXPECT_NE(all.find("Line 3"), std::string::npos) << all;
  for (const char* secret : {"Hemmelig", "Hansen", "Skjult", "Lønnlig"})
    EXPECT_EQ(all.find(secret), std::string::npos) << all;
}

TEST(Reader, says_which_child_does_not_belong_and_what_would_have) {
  const std::string bytes = fixture("log_innlagt_1.6.xml");
  const auto only_failure = [](const std::string& text) {
    const Reading reading = read(text);
    EXPECT_EQ(reading.failures.size(), 1u);
    return reading.failures.empty() ? Failure{} : reading.failures[0];
  };
  const std::string estimate = "<Anslag>false</Anslag>";
  std::string lacking = bytes, doubled = bytes, misplaced = bytes;
  const auto at = bytes.find(estimate);
  lacking.erase(at, estimate.size());
  doubled.insert(at, estimate);
  misplaced.insert(bytes.find("<TidspunktForHendelse"), "<Merknad/>");

  const Failure missing = only_failure(lacking);
  EXPECT_NE(missing.diagnostics.find("missing; expected: Anslag."), std::string::npos) << missing.diagnostics;
  EXPECT_TRUE(missing.expression.ends_with("/MeldingInnlagtPasient/TidsfestetHendelse")) << missing.expression;

  const Failure twice = only_failure(doubled);
  EXPECT_TRUE(twice.expression.ends_with("/TidsfestetHendelse/Anslag[2]")) << twice.expression;
  EXPECT_NE(twice.diagnostics.find("expected: Merknad, StedForHendelse"), std::string::npos) << twice.diagnostics;

  const Failure early = only_failure(misplaced);
  EXPECT_TRUE(early.expression.ends_with("/TidsfestetHendelse/Merknad")) << early.expression;
  EXPECT_NE(early.diagnostics.find("expected: BeskrivelseAvHendelse, TidspunktForHendelse."), std::string::npos)
      << early.diagnostics;
}

TEST(Reader, names_a_mismatched_end_tag_only_when_the_name_is_of_the_standard) {
  EXPECT_NE(read("<MsgHead><MsgInfo></MsgHead>").failures.at(0).diagnostics.find("MsgInfo"), std::string::npos);
  EXPECT_EQ(read("<MsgHead><Kari></MsgHead>").failures.at(0).diagnostics.find("Kari"), std::string::npos);
}

TEST(Reader, serves_many_threads_at_once) {
  const std::string good = fixture("helseopplysninger_1.6.xml");
  std::string bad = good;
  bad.replace(bad.find("<MsgId>"), 7, "<MsgXd>").replace(bad.find("</MsgId>"), 8, "</MsgXd>");
  std::atomic<int> wrong = 0;
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 8; ++t)
      threads.emplace_back([&] {
        for (int i = 0; i < 50; ++i) wrong += !read(good).schema_valid + read(bad).schema_valid;
      });
  }
  EXPECT_EQ(wrong, 0);
}

TEST(Reader, stays_right_when_messages_bring_thousands_of_namespaces) {
  for (int i = 0; i < 3000; ++i) read("<a xmlns='urn:foreign:" + std::to_string(i) + "'/>");
  EXPECT_TRUE(read(fixture("log_innlagt_1.6.xml")).schema_valid);
}

}  // namespace
}  // namespace varde::mappings
