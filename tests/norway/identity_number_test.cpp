// Holds us to HIS 1001:2010 (identity numbers) and HIS 1153-2:2016 (HER-id).
#include "norway/identity_number.h"

#include <gtest/gtest.h>

#include "norway/her_id.h"
#include "norway/identifiers.h"

namespace varde::norway {
namespace {

TEST(IdentityNumber, says_what_a_number_is_by_its_own_digits) {
  EXPECT_EQ(kind_of_number("01904110120"), "FNR");
  EXPECT_EQ(kind_of_number("52884510260"), "DNR");
  EXPECT_EQ(kind_of_number("80012345600"), "FHN");
  EXPECT_EQ(kind_of_number("01904110121"), "");
  EXPECT_TRUE(is_valid_number("FNR", "52884510260"));
  EXPECT_FALSE(is_valid_number("FNR", "80012345600"));
  EXPECT_FALSE(is_valid_number("FHN", "01904110120"));
  EXPECT_TRUE(is_valid_number("DUF", "201512345678"));
  EXPECT_FALSE(is_valid_number("DUF", "20151234567"));
  EXPECT_FALSE(is_valid_number("DUF", "20151234567x"));
  EXPECT_TRUE(is_valid_number("PAS", "whatever"));
}

TEST(IdentityNumber, is_synthetic_where_its_month_is_40_65_or_80_higher) {
  for (const char* nobody : {"01424110260", "01674110045", "01824110081", "41824110075"})
    EXPECT_TRUE(is_synthetic(nobody)) << nobody;
  EXPECT_FALSE(is_synthetic("30024110180")) << "a day that there is not; the month is a month";
  EXPECT_FALSE(is_synthetic("80824110100")) << "an aid number has no date";
  EXPECT_FALSE(is_synthetic("01424110261")) << "wrong check digit";
}

TEST(IdentityNumber, has_two_check_digits_by_modulus_eleven) {
  EXPECT_TRUE(has_valid_check_digits("01904110120"));
  for (const char* wrong : {"", "0190411012", "019041101200", "01904110121", "01904110130", "0190411012x"})
    EXPECT_FALSE(has_valid_check_digits(wrong)) << wrong;
}

TEST(HerId, is_digits_however_they_are_grouped) {
  EXPECT_EQ(plain_her_id("369.767"), "369767");
  EXPECT_EQ(plain_her_id(" 369 767\n"), "369767");
  EXPECT_EQ(plain_her_id("369-767"), "");
}

TEST(Identifiers, are_found_by_code_and_by_system) {
  EXPECT_EQ(identifier_kind("HER")->system, kHerId);
  EXPECT_EQ(identifier_kind_of_system("urn:oid:2.16.578.1.12.4.1.4.2")->code, "DNR");
  EXPECT_EQ(identifier_kind("XXX"), nullptr);
  EXPECT_TRUE(is_person_number(kDuf));
  EXPECT_FALSE(is_person_number(kHpr));
}

}  // namespace
}  // namespace varde::norway
