#include "server/http/range.h"

#include <fmt/format.h>

#include <charconv>
#include <optional>

namespace varde::http {
namespace {

struct Asked {
  std::optional<std::size_t> first, last;  ///< only last: so many bytes at the end
};

std::optional<std::size_t> number(std::string_view text) {
  std::size_t out = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return out;
}

std::optional<Asked> read_range(std::string_view text) {
  if (!text.starts_with("bytes=") || text.find(',') != std::string_view::npos) return std::nullopt;
  text.remove_prefix(6);
  const auto dash = text.find('-');
  if (dash == std::string_view::npos || text.size() < 2) return std::nullopt;
  Asked out{number(text.substr(0, dash)), number(text.substr(dash + 1))};
  if ((dash > 0 && !out.first) || (dash + 1 < text.size() && !out.last)) return std::nullopt;
  if (out.first && out.last && *out.last < *out.first) return std::nullopt;
  return out;
}

}  // namespace

void answer_range(std::string_view range, std::string_view if_range, interaction::Response& response) {
  if (response.status != 200) return;
  response.headers.emplace_back("Accept-Ranges", "bytes");
  const auto asked = read_range(range);
  // A weak tag is never fit for If-Range (RFC 9110 13.1.5), yet here it names one version, whose bytes do not change.
  if (!asked || (!if_range.empty() && if_range != response.etag && if_range != response.last_modified)) return;
  const std::size_t size = response.body.size();
  std::size_t first = asked->first.value_or(0), last = asked->last.value_or(size == 0 ? 0 : size - 1);
  if (!asked->first) first = size - std::min(size, *asked->last), last = size == 0 ? 0 : size - 1;
  if (first >= size || (!asked->first && *asked->last == 0)) {
    response.status = 416;
    response.body.clear();
    response.headers.emplace_back("Content-Range", fmt::format("bytes */{}", size));
    return;
  }
  last = std::min(last, size - 1);
  response.status = 206;
  response.headers.emplace_back("Content-Range", fmt::format("bytes {}-{}/{}", first, last, size));
  response.body.erase(last + 1);
  response.body.erase(0, first);
}

}  // namespace varde::http
