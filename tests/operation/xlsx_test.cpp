// A workbook is read by programs that are strict: the archive by PKWARE APPNOTE, the parts by ECMA-376.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "server/operation/xlsx.h"
#include "server/operation/zip.h"

namespace varde::operation::test {
namespace {

using testing::HasSubstr;
using testing::Not;

std::uint32_t four(const std::string& bytes, std::size_t at) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < 4; ++i) value |= std::uint32_t{static_cast<unsigned char>(bytes.at(at + i))} << (8 * i);
  return value;
}

TEST(Zip, holds_entries_as_they_are_with_their_crc_and_a_directory_that_points_at_them) {
  const auto file = zip_of({{"a.txt", "123456789"}, {"mappe/ø.txt", ""}});
  EXPECT_EQ(four(file, 0), 0x04034B50u);
  EXPECT_EQ(four(file, 14), 0xCBF43926u);  // the check value of CRC-32
  EXPECT_EQ(four(file, 18), 9u);
  EXPECT_EQ(four(file, 22), 9u);
  EXPECT_EQ(file.substr(30, 14), "a.txt123456789");
  const auto end = file.size() - 22;
  EXPECT_EQ(four(file, end), 0x06054B50u);
  const auto directory = four(file, end + 16);
  EXPECT_EQ(directory + four(file, end + 12), end);
  EXPECT_EQ(four(file, directory), 0x02014B50u);
  EXPECT_EQ(four(file, directory + 42), 0u);  // where the first entry is
  const auto second = directory + 46 + 5;
  EXPECT_EQ(four(file, second), 0x02014B50u);
  EXPECT_EQ(four(file, four(file, second + 42)), 0x04034B50u);
}

TEST(Xlsx, has_texts_and_numbers_in_their_cells_and_no_text_is_a_formula) {
  const auto file = to_xlsx({{"Ark <1>",
                              {{std::string("Navn"), std::string("Tall")},
                               {std::string("=1+1 & æøå"), std::int64_t{42}, std::monostate{}, 2.5}}}});
  EXPECT_THAT(file, HasSubstr("<sheet name=\"Ark &lt;1&gt;\" sheetId=\"1\" r:id=\"rId1\"/>"));
  EXPECT_THAT(file, HasSubstr("<c r=\"A2\" t=\"inlineStr\"><is><t xml:space=\"preserve\">=1+1 &amp; æøå</t></is></c>"));
  EXPECT_THAT(file, HasSubstr("<c r=\"B2\"><v>42</v></c><c r=\"D2\"><v>2.5</v></c>"));
  EXPECT_THAT(file, Not(HasSubstr("<f>")));
  std::vector<Cell> wide(30, std::int64_t{1});
  EXPECT_THAT(to_xlsx({{"Ark", {{}, wide}}}), HasSubstr("<c r=\"Z2\"><v>1</v></c><c r=\"AA2\"><v>1</v></c>"));
}

}  // namespace
}  // namespace varde::operation::test
