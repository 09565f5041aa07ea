#pragma once
/// Looks into an answer's JSON: json("{...}", "entry[0].resource.id") is the value as compact JSON text, "" when
/// absent.
#include <string>
#include <string_view>
#include <vector>

namespace varde::test {

std::string json(std::string_view text, std::string_view path);
/// The string at the path, without quotation marks.
std::string text_at(std::string_view text, std::string_view path);
std::size_t size_at(std::string_view text, std::string_view path);
/// entry[*].resource.id of the matches of a searchset.
std::vector<std::string> match_ids(std::string_view bundle);
std::string link(std::string_view bundle, std::string_view relation);

}  // namespace varde::test
