// Holds us to https://ucum.org/ucum
#include "fhir-model/ucum/ucum.h"

#include <gtest/gtest.h>

#include <cmath>

#include "fhir-model/ucum/atoms.h"

namespace varde::fhir {
namespace {

std::string canonical(double value, std::string_view code) {
  const auto found = to_canonical(value, code);
  if (!found) return "refused";
  char text[64];
  std::snprintf(text, sizeof text, "%.10g ", found->value);
  return text + found->unit;
}

TEST(Ucum, gives_what_means_the_same_the_same_canonical_form) {
  EXPECT_EQ(canonical(70, "kg"), "70000 g");
  EXPECT_EQ(canonical(70000, "g"), "70000 g");
  EXPECT_EQ(canonical(120, "mm[Hg]"), "15998640 g.m-1.s-2");
  EXPECT_EQ(canonical(15.99864, "kPa"), "15998640 g.m-1.s-2");
  EXPECT_EQ(canonical(37, "Cel"), "310.15 K");
  EXPECT_EQ(canonical(98.6, "[degF]"), "310.15 K");
  EXPECT_EQ(canonical(60, "/min"), "1 s-1");
  EXPECT_EQ(canonical(60, "{beats}/min"), "1 s-1");
  EXPECT_EQ(canonical(95, "%"), "0.95 1");
  EXPECT_EQ(canonical(3, "{steps}"), "3 1");
  EXPECT_EQ(canonical(3, "1"), "3 1");
  EXPECT_EQ(canonical(5, "[iU]/L"), canonical(5, "[IU]/l"));
  EXPECT_EQ(canonical(1, "mmol/L"), canonical(1, "mol/m3"));
  EXPECT_EQ(canonical(2, "10*9/L"), canonical(2, "/nL"));
}

TEST(Ucum, gives_equal_quantities_exactly_equal_numbers) {
  for (const double value : {0.1, 0.7, 3.3, 66.6, 70.35, 101.7, 0.001, 123456.789})
    EXPECT_EQ(to_canonical(value, "kg")->value, to_canonical(std::stod(std::to_string(value * 1000)), "g")->value)
        << value;
  EXPECT_EQ(to_canonical(98.6, "[degF]")->value, to_canonical(37, "Cel")->value);
}

struct Conversion {
  double value;
  const char *from, *to;
  double expected;
};
class UcumConversion : public testing::TestWithParam<Conversion> {};

TEST_P(UcumConversion, gives_the_expected_number_and_back) {
  const auto [value, from, to, expected] = GetParam();
  const auto there = convert(value, from, to);
  ASSERT_TRUE(there) << there.error().diagnostics;
  EXPECT_NEAR(*there, expected, std::abs(expected) * 1e-9) << from << " to " << to;
  const auto back = convert(*there, to, from);
  ASSERT_TRUE(back);
  EXPECT_NEAR(*back, value, std::abs(value) * 1e-9);
}

INSTANTIATE_TEST_SUITE_P(
    Clinical, UcumConversion,
    testing::Values(Conversion{98.6, "[degF]", "Cel", 37}, Conversion{37, "Cel", "[degF]", 98.6},
                    Conversion{-40, "Cel", "[degF]", -40}, Conversion{80, "kg", "[lb_av]", 176.36980974790206},
                    Conversion{1, "[stone_av]", "kg", 6.35029318}, Conversion{120, "mm[Hg]", "kPa", 15.99864},
                    Conversion{10, "cm[H2O]", "mm[Hg]", 7.35561272708}, Conversion{1, "[in_i]", "cm", 2.54},
                    Conversion{180, "cm", "m", 1.8}, Conversion{100, "mg/dL", "g/L", 1},
                    Conversion{2, "L/min", "mL/s", 33.333333333333}, Conversion{1, "a", "d", 365.25},
                    Conversion{2, "h", "min", 120}, Conversion{500, "mL", "L", 0.5},
                    Conversion{72, "{beats}/min", "/min", 72}, Conversion{72, "/min", "Hz", 1.2},
                    Conversion{0.95, "1", "%", 95}, Conversion{60, "meq/L", "mmol/L", 60},
                    Conversion{7.4, "[pH]", "[pH]", 7.4}, Conversion{30, "dB", "B", 3},
                    Conversion{25, "kg/m2", "g/cm2", 2.5}, Conversion{1, "kcal", "kJ", 4.184},
                    Conversion{1, "[foz_us]", "mL", 29.5735295625}, Conversion{1, "ug/kg/min", "mg/kg/h", 0.06},
                    Conversion{5.5, "mmol/L", "umol/mL", 5.5}, Conversion{3, "(kg.m)/(s2)", "N", 3},
                    Conversion{1, "[MET]", "mL/min/kg", 3.5}, Conversion{80, "[degRe]", "Cel", 100},
                    Conversion{7, "[pH]", "nmol/L", 100}, Conversion{60, "dB[SPL]", "mPa", 20},
                    Conversion{100, "%[slope]", "deg", 45}, Conversion{100, "[p'diop]", "deg", 45},
                    Conversion{8, "bit_s", "1", 256}, Conversion{2, "[hp'_C]", "[hp'_X]", 4},
                    Conversion{3, "[m/s2/Hz^0.5]", "m2/s4/Hz", 9}, Conversion{12, "[pnt]", "[pca]", 1},
                    Conversion{1, "[nmi_br]", "[ft_br]", 6080}, Conversion{36, "[sct]", "[twp]", 1},
                    Conversion{760, "Torr", "mm[Hg]", 760}, Conversion{18, "[car_Au]", "%", 75},
                    Conversion{4, "10*12/L", "10*6/uL", 4}));

TEST(Ucum, keeps_apart_what_measures_different_things) {
  for (const auto& [from, to] :
       {std::pair{"kg", "m"}, {"mm[Hg]", "K"}, {"[iU]", "mol"}, {"[iU]", "[arb'U]"}, {"/min", "m"}, {"[iU]", "1"}})
    EXPECT_EQ(convert(1, from, to).error().fault, Fault::value_malformed) << from << " " << to;
}

TEST(Ucum, refuses_what_is_not_ucum_and_says_what_is_probably_meant) {
  for (const auto bad : {"",
                         "KG",
                         "mmHg",
                         "°C",
                         "bpm",
                         "kg/",
                         "kg..m",
                         "kg m",
                         "/",
                         "(kg",
                         "kg)",
                         "{x",
                         "x}",
                         "{a{b}}",
                         "kmin",
                         "k",
                         "Cel2",
                         "Cel/min",
                         "m-",
                         "m+",
                         "m1000",
                         "0",
                         "99999999999999999999",
                         "[lb",
                         "kk[g]",
                         "m^2",
                         "10*x",
                         "mg{a}{b}"})
    EXPECT_FALSE(check_unit(bad)) << bad;
  EXPECT_NE(check_unit("mmHg").error().diagnostics.find("mm[Hg]"), std::string::npos);
  EXPECT_NE(check_unit("bpm").error().diagnostics.find("/min"), std::string::npos);
  EXPECT_FALSE(check_unit(std::string(100'000, '(')));
  EXPECT_FALSE(check_unit("m100.m100"));
}

TEST(Ucum, knows_every_atom_of_its_table_and_every_code_it_proposes) {
  EXPECT_GE(ucum::atoms().size(), 200u);
  for (const ucum::AtomRow& row : ucum::atoms()) {
    EXPECT_TRUE(check_unit(row.code)) << row.code;
    EXPECT_EQ(bool(check_unit("k" + std::string(row.code))), row.metric || row.code == "at") << row.code;
  }
  for (const ucum::SlipRow& row : ucum::slips()) {
    EXPECT_FALSE(check_unit(row.written)) << row.written;
    EXPECT_TRUE(check_unit(row.meant)) << row.meant;
  }
}

}  // namespace
}  // namespace varde::fhir
