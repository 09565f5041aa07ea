// Holds us to the lines of `varde ucum --jsonl` as its header promises them.
#include "fhir-model/ucum/jsonl.h"

#include <gtest/gtest.h>

namespace varde::fhir {
namespace {

TEST(UcumLines, tell_whether_a_unit_is_one_and_its_canonical_form) {
  EXPECT_EQ(ucum_line(R"({"unit":"mm[Hg]"})"), R"({"valid":true,"canonical":{"value":133322,"unit":"g.m-1.s-2"}})");
  EXPECT_EQ(ucum_line(R"({"code":"Cel","value":36.90})"), R"({"valid":true,"canonical":{"value":310.05,"unit":"K"}})");
  EXPECT_EQ(ucum_line(R"({"unit":"mmHg"})"),
            R"({"valid":false,"error":"The code is not a UCUM unit; mm[Hg] is probably meant."})");
}

TEST(UcumLines, convert) {
  EXPECT_EQ(ucum_line(R"({"value":"120","from":"mm[Hg]","to":"kPa"})"), R"({"value":15.99864,"unit":"kPa"})");
  EXPECT_EQ(ucum_line(R"({"unit":"h","target":"min"})"), R"({"value":60,"unit":"min"})");
  EXPECT_EQ(ucum_line(R"({"value":100,"unit":"%","to":"B"})"), R"({"value":0,"unit":"B"})");
  EXPECT_EQ(ucum_line(R"({"unit":"kg","to":"m"})"), R"({"error":"A unit of g cannot be converted to one of m."})");
}

TEST(UcumLines, have_null_for_what_no_number_holds) {
  EXPECT_EQ(ucum_line(R"({"unit":"kB"})"), R"({"valid":true,"canonical":{"value":null,"unit":"1"}})");
  EXPECT_EQ(ucum_line(R"({"value":-1,"unit":"1","to":"B"})"), R"({"value":null,"unit":"B"})");
}

TEST(UcumLines, answer_every_wrong_line_with_an_error) {
  for (const auto bad :
       {"", "x", "[]", "{}", R"({"unit":5})", R"({"unit":"kg","to":5})", R"({"unit":"kg","value":"many"})",
        R"({"unit":"kg","value":true})", R"({"unit":"kg","value":"1e999"})"})
    EXPECT_TRUE(ucum_line(bad).starts_with(R"({"error":")")) << bad << ucum_line(bad);
}

}  // namespace
}  // namespace varde::fhir
