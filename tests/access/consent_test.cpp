// Whom a patient keeps out (Consent), and who decides for a patient (RelatedPerson): in reads, searches and counts.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/access/support/land.h"
#include "tests/http/support/json.h"

namespace varde::test {
namespace {

using Ids = std::set<std::string>;

constexpr std::string_view kHpr = "urn:oid:2.16.578.1.12.4.1.4.4", kOrg = "urn:oid:2.16.578.1.12.4.1.4.101",
                           kFnr = "urn:oid:2.16.578.1.12.4.1.4.1";

class Consents : public testing::Test {
 protected:
  Consents() {
    land.put(R"({"resourceType":"Practitioner","id":"doc","identifier":[{"system":")" + std::string(kHpr) +
             R"(","value":"900"}]})");
    land.put(R"({"resourceType":"Organization","id":"office","identifier":[{"system":")" + std::string(kOrg) +
             R"(","value":"222"}]})");
    land.put(
        R"({"resourceType":"PractitionerRole","id":"role","practitioner":{"reference":"Practitioner/doc"},"organization":{"reference":"Organization/office"}})");
    for (const std::string id : {"a", "b"}) {
      put_patient(id, "1950-01-01");
      land.put(R"({"resourceType":"EpisodeOfCare","status":"active","patient":{"reference":"Patient/)" + id +
               R"("},"managingOrganization":{"identifier":{"system":")" + std::string(kOrg) + R"(","value":"111"}}})");
      land.put(R"({"resourceType":"Observation","id":"o)" + id +
               R"(","status":"final","code":{"text":"x"},"subject":{"reference":"Patient/)" + id + R"("}})");
    }
  }
  void put_patient(const std::string& id, const std::string& born) {
    land.put(R"({"resourceType":"Patient","id":")" + id + R"(","birthDate":")" + born +
             R"(","generalPractitioner":[{"reference":"PractitionerRole/role"}]})");
  }
  void deny(const std::string& actor, const std::string& status = "active", const std::string& more = {}) {
    land.put(
        R"({"resourceType":"Consent","id":"c","status":")" + status +
        R"(","scope":{"text":"innsyn"},"category":[{"text":"sperring"}],"policyRule":{"text":"x"},"patient":{"reference":"Patient/a"},"provision":{"type":"deny",)" +
        more + R"("actor":[{"role":{"text":"x"},"reference":)" + actor + "}]}}");
  }
  static std::string hpr(const std::string& number) {
    return R"({"identifier":{"system":")" + std::string(kHpr) + R"(","value":")" + number + R"("}})";
  }
  void relate(const std::string& relationship, const std::string& more = {}) {
    land.put(
        R"({"resourceType":"RelatedPerson","id":"kin","patient":{"reference":"Patient/a"},"identifier":[{"system":")" +
        std::string(kFnr) + R"(","value":"17847600063"}],)" + more +
        R"("relationship":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v3-RoleCode","code":")" +
        relationship + R"("}]}]})");
  }
  /// What is found in a search, with the count, and what is read one by one, tell the same.
  Ids seen(const Who& person) {
    const auto answer = land.ask(person, "GET", "Observation?_total=accurate");
    EXPECT_EQ(answer.status, 200) << answer.body;
    const Ids found = ids_in(answer.body);
    EXPECT_EQ(json(answer.body, "total"), std::to_string(found.size()));
    for (const std::string id : {"oa", "ob"})
      EXPECT_EQ(land.ask(person, "GET", "Observation/" + id).status, found.contains(id) ? 200 : 404) << id;
    return found;
  }

  Land land;
  const Who gp = who("gp", R"("hpr":"900","org":"222")"), colleague = who("gp", R"("hpr":"901","org":"222")"),
            nurse = who("nurse", R"("hpr":"700","org":"111")"),
            other_nurse = who("nurse", R"("hpr":"701","org":"111")"),
            kin = who("next-of-kin", R"("person":"17847600063")"),
            stranger = who("next-of-kin", R"("person":"17847600144")");
};

TEST_F(Consents, keep_out_the_general_practitioner_alone_or_with_the_office) {
  EXPECT_EQ(seen(gp), (Ids{"oa", "ob"}));
  deny(R"({"reference":"Practitioner/doc"})");
  EXPECT_EQ(seen(gp), Ids{"ob"});
  EXPECT_EQ(seen(colleague), (Ids{"oa", "ob"}));
  deny(R"({"reference":"PractitionerRole/role"})");
  EXPECT_EQ(seen(gp), Ids{"ob"});
  EXPECT_EQ(seen(colleague), Ids{"ob"});
  EXPECT_EQ(seen(nurse), (Ids{"oa", "ob"})) << "others go on";
  deny(R"({"reference":"PractitionerRole/role"})", "inactive");
  EXPECT_EQ(seen(gp), (Ids{"oa", "ob"}));
}

TEST_F(Consents, keep_out_one_nurse_of_the_centre) {
  deny(hpr("700"));
  EXPECT_EQ(seen(nurse), Ids{"ob"});
  EXPECT_EQ(seen(other_nurse), (Ids{"oa", "ob"}));
  EXPECT_EQ(land.ask(nurse, "GET", "Patient/a/$everything").status, 404);
  EXPECT_EQ(
      land.ask(
              nurse, "PUT", "Observation/oa",
              R"({"resourceType":"Observation","id":"oa","status":"amended","code":{"text":"y"},"subject":{"reference":"Patient/a"}})")
              .status /
          100,
      4);
}

TEST_F(Consents, end_with_their_period_and_permit_nothing) {
  deny(hpr("700"), "active", R"("period":{"end":"2020-01-01"},)");
  EXPECT_EQ(seen(nurse), (Ids{"oa", "ob"}));
  deny(hpr("700"), "active", R"("period":{"start":"2020-01-01"},)");
  EXPECT_EQ(seen(nurse), Ids{"ob"});
  land.put(
      R"({"resourceType":"Consent","id":"c","status":"active","scope":{"text":"x"},"category":[{"text":"x"}],"policyRule":{"text":"x"},"patient":{"reference":"Patient/a"},"provision":{"type":"permit","actor":[{"role":{"text":"x"},"reference":)" +
      hpr("5") + "}]}}");
  EXPECT_EQ(seen(nurse), (Ids{"oa", "ob"}));
  EXPECT_EQ(seen(who("gp", R"("hpr":"5")")), Ids{}) << "a permission makes no care relation";
}

TEST_F(Consents, give_way_to_emergency_access) {
  deny(hpr("700"));
  const auto taken =
      land.ask(nurse, "POST", "Patient/a/$emergency-access",
               R"({"resourceType":"Parameters","parameter":[{"name":"reason","valueString":"bevisstløs"}]})");
  ASSERT_EQ(taken.status, 200) << taken.body;
  EXPECT_EQ(seen(nurse), (Ids{"oa", "ob"}));
}

TEST_F(Consents, a_guardian_sees_the_ward_while_it_lasts) {
  EXPECT_EQ(seen(kin), Ids{});
  relate("GUARD");
  EXPECT_EQ(seen(kin), Ids{"oa"});
  EXPECT_EQ(seen(stranger), Ids{});
  EXPECT_EQ(land.ask(kin, "GET", "Patient/a").status, 200);
  EXPECT_EQ(land.ask(kin, "GET", "Patient/b").status, 404);
  relate("GUARD", R"("period":{"end":"2020-01-01"},)");
  EXPECT_EQ(seen(kin), Ids{});
  relate("HPOWATT");
  EXPECT_EQ(seen(kin), Ids{"oa"});
  relate("HPOWATT", R"("active":false,)");
  EXPECT_EQ(seen(kin), Ids{});
}

TEST_F(Consents, a_neighbour_or_contact_sees_nothing) {
  for (const std::string code : {"NBOR", "FRND", "CHILD", "SPS"}) {
    relate(code);
    EXPECT_EQ(seen(kin), Ids{}) << code;
  }
}

TEST_F(Consents, a_parent_sees_the_child_until_it_is_sixteen) {
  relate("MTH");
  EXPECT_EQ(seen(kin), Ids{}) << "the patient is grown up";
  put_patient("a", "2020-02-29");
  EXPECT_EQ(seen(kin), Ids{"oa"}) << "the date of birth was mended";
  put_patient("a", "2005-02-28");
  EXPECT_EQ(seen(kin), Ids{});
  put_patient("a", "2020");
  EXPECT_EQ(seen(kin), Ids{}) << "until when is not known";
}

}  // namespace
}  // namespace varde::test
