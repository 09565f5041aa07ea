#include "server/operation/xlsx.h"

#include <fmt/format.h>

#include "fhir-model/xml/escape.h"
#include "server/operation/zip.h"

namespace varde::operation {
namespace {

constexpr std::string_view kHead = R"(<?xml version="1.0" encoding="UTF-8" standalone="yes"?>)"
                                   "\n";
constexpr std::string_view kMain = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
constexpr std::string_view kRelations = "http://schemas.openxmlformats.org/package/2006/relationships";
constexpr std::string_view kDocument = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
constexpr std::string_view kTypes = "application/vnd.openxmlformats-officedocument.spreadsheetml";

/// 0 -> A, 26 -> AA
std::string column_name(std::size_t column) {
  std::string name;
  for (std::size_t left = column + 1; left > 0; left = (left - 1) / 26)
    name.insert(name.begin(), static_cast<char>('A' + (left - 1) % 26));
  return name;
}

struct CellText {
  std::string place;
  bool is_heading;

  std::string operator()(std::monostate) const { return {}; }
  std::string operator()(const std::string& text) const {
    return text.empty() ? std::string()
                        : fmt::format(R"(<c r="{}"{} t="inlineStr"><is><t xml:space="preserve">{}</t></is></c>)", place,
                                      is_heading ? R"( s="1")" : "", fhir::xml::escaped(text));
  }
  std::string operator()(std::int64_t number) const { return fmt::format(R"(<c r="{}"><v>{}</v></c>)", place, number); }
  std::string operator()(double number) const { return fmt::format(R"(<c r="{}"><v>{}</v></c>)", place, number); }
};

std::string sheet_xml(const Sheet& sheet) {
  std::string out = fmt::format(
      R"({}<worksheet xmlns="{}"><sheetViews><sheetView workbookViewId="0"><pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews><sheetData>)",
      kHead, kMain);
  for (std::size_t row = 0; row < sheet.rows.size(); ++row) {
    out += fmt::format(R"(<row r="{}">)", row + 1);
    for (std::size_t column = 0; column < sheet.rows[row].size(); ++column)
      out += std::visit(CellText{fmt::format("{}{}", column_name(column), row + 1), row == 0}, sheet.rows[row][column]);
    out += "</row>";
  }
  return out + "</sheetData></worksheet>";
}

std::string content_types(std::size_t sheets) {
  auto out = fmt::format(
      R"({}<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="{}.sheet.main+xml"/><Override PartName="/xl/styles.xml" ContentType="{}.styles+xml"/>)",
      kHead, kTypes, kTypes);
  for (std::size_t i = 1; i <= sheets; ++i)
    out +=
        fmt::format(R"(<Override PartName="/xl/worksheets/sheet{}.xml" ContentType="{}.worksheet+xml"/>)", i, kTypes);
  return out + "</Types>";
}

std::string workbook_xml(const std::vector<Sheet>& sheets) {
  auto out = fmt::format(R"({}<workbook xmlns="{}" xmlns:r="{}"><sheets>)", kHead, kMain, kDocument);
  for (std::size_t i = 1; i <= sheets.size(); ++i)
    out += fmt::format(R"(<sheet name="{}" sheetId="{}" r:id="rId{}"/>)", fhir::xml::escaped(sheets[i - 1].name), i, i);
  return out + "</sheets></workbook>";
}

std::string workbook_relations(std::size_t sheets) {
  auto out = fmt::format(R"({}<Relationships xmlns="{}">)", kHead, kRelations);
  for (std::size_t i = 1; i <= sheets; ++i)
    out += fmt::format(R"(<Relationship Id="rId{}" Type="{}/worksheet" Target="worksheets/sheet{}.xml"/>)", i,
                       kDocument, i);
  return out + fmt::format(R"(<Relationship Id="rId{}" Type="{}/styles" Target="styles.xml"/></Relationships>)",
                           sheets + 1, kDocument);
}

/// The usual style, and bold for the heading.
std::string styles_xml() {
  return fmt::format(
      R"({}<styleSheet xmlns="{}"><fonts count="2"><font><sz val="11"/><name val="Calibri"/></font><font><b/><sz val="11"/><name val="Calibri"/></font></fonts><fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills><borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders><cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs><cellXfs count="2"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/><xf numFmtId="0" fontId="1" fillId="0" borderId="0" xfId="0" applyFont="1"/></cellXfs></styleSheet>)",
      kHead, kMain);
}

}  // namespace

std::string to_xlsx(const std::vector<Sheet>& sheets) {
  std::vector<ZipEntry> entries{
      {"[Content_Types].xml", content_types(sheets.size())},
      {"_rels/.rels",
       fmt::format(
           R"({}<Relationships xmlns="{}"><Relationship Id="rId1" Type="{}/officeDocument" Target="xl/workbook.xml"/></Relationships>)",
           kHead, kRelations, kDocument)},
      {"xl/workbook.xml", workbook_xml(sheets)},
      {"xl/_rels/workbook.xml.rels", workbook_relations(sheets.size())},
      {"xl/styles.xml", styles_xml()}};
  for (std::size_t i = 0; i < sheets.size(); ++i)
    entries.push_back({fmt::format("xl/worksheets/sheet{}.xml", i + 1), sheet_xml(sheets[i])});
  return zip_of(entries);
}

}  // namespace varde::operation
