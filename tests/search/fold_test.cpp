/// Folding for string search and the order of names: https://hl7.org/fhir/R4/search.html#string, server/search/fold.h
#include "server/search/fold.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace varde::search {
namespace {

TEST(Fold, keeps_norwegian_letters_apart_and_drops_accents) {
  EXPECT_EQ(fold("ÅSE"), fold("åse"));
  EXPECT_NE(fold("Åse"), fold("Ase"));
  EXPECT_NE(fold("Østby"), fold("Ostby"));
  EXPECT_NE(fold("Ærlig"), fold("Arlig"));
  EXPECT_EQ(fold("Øyvind Ærlig"), "øyvind ærlig");
  EXPECT_EQ(fold("René Müller"), "rene muller");
  EXPECT_EQ(fold("Söderberg"), fold("Søderberg"));
  EXPECT_EQ(fold("Bäck"), fold("BÆCK"));
  EXPECT_EQ(fold("A\u030Ase"), fold("Åse"));  // NFD as NFC
  EXPECT_EQ(fold("Rene\u0301"), "rene");
  EXPECT_EQ(fold("  van   der\tBerg "), "van der berg");
  EXPECT_EQ(fold("van\u00A0der\u2003Berg"), "van der berg");
  EXPECT_EQ(fold("Guðmundur Þórsson"), "gudmundur thorsson");
  EXPECT_EQ(fold("Groß"), "gross");
}

TEST(Fold, covers_other_alphabets_of_those_who_live_in_norway) {
  EXPECT_EQ(fold("Máret Čáhci Ŋuorjju Đuoddar Ŧ"), "maret cahci nuorjju duoddar t");  // Northern Sámi
  EXPECT_EQ(fold("ǮǤǦǨ"), fold("ʒgĝk"));                                              // Skolt Sámi
  EXPECT_EQ(fold("Ștefan Țăranu"), "stefan taranu");                                  // Romanian, comma below
  EXPECT_EQ(fold("Ştefan"), "stefan");                                                // and as often typed
  EXPECT_EQ(fold("Nguyễn Đặng Thị Mỹ"), "nguyen dang thi my");                        // Vietnamese
  EXPECT_EQ(fold("Łukasz Żółć"), "lukasz zolc");
  EXPECT_EQ(fold("İSTANBUL ışık"), "istanbul isik");
  EXPECT_EQ(fold("АНДРЕЙ Семёнов"), fold("андреи семенов"));  // Cyrillic
  EXPECT_EQ(fold("ΓΙΏΡΓΟΣ"), fold("γιώργος"));                // Greek, final sigma
  EXPECT_EQ(fold("مُحَمَّد"), fold("محمد"));                      // Arabic vowel points
  EXPECT_NE(fold("が"), fold("か"));                          // Japanese voicing makes another letter
}

TEST(Fold, never_leaves_what_parts_a_row) {
  EXPECT_EQ(fold("a\x1F"
                 "b\u200D"),
            "ab");
  EXPECT_EQ(fold(""), "");
}

TEST(Fold, sorts_as_norwegians_do) {
  std::vector<std::string> folded;
  for (const auto name : {"Aas", "Andersen", "Berg", "Berg Hansen", "Bergan", "Wang", "Zachariassen", "Ærlig", "Öberg",
                          "Østby", "Øye", "Ås", "Åsen"})
    folded.push_back(fold(name));
  EXPECT_TRUE(std::is_sorted(folded.begin(), folded.end()));
}

TEST(FoldCase, changes_case_alone) {
  EXPECT_EQ(fold_case("Kari.Åsgård@Example.NO"), "kari.åsgård@example.no");
  EXPECT_EQ(fold_case("René 1|2"), "rené 1|2");
}

}  // namespace
}  // namespace varde::search
