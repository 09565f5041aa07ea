#include "server/storage/sqlite/gathered.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <stdexcept>

namespace varde::storage::sqlite {
namespace {

constexpr std::array<std::string_view, 7> kTables{"token", "reference", "date", "string", "uri", "number", "full_text"};
constexpr char kNumber = 'n', kText = 't';
constexpr std::size_t kNumberBytes = 8;
constexpr std::uint64_t kSign = std::uint64_t{1} << 63;

void put_bytes(std::string& out, std::uint64_t number) {
  for (int shift = 56; shift >= 0; shift -= 8) out += static_cast<char>(number >> shift & 0xFF);
}

std::uint64_t read_bytes(std::string_view bytes) {
  std::uint64_t out = 0;
  for (const char c : bytes) out = out << 8 | static_cast<unsigned char>(c);
  return out;
}

}  // namespace

bool is_gathered(std::string_view table) { return std::ranges::find(kTables, table) != kTables.end(); }

std::string_view table_of_insert(std::string_view insert) {
  constexpr std::string_view kInto = "INSERT INTO ";
  if (!insert.starts_with(kInto)) throw std::logic_error("an INSERT of one row was expected");
  insert.remove_prefix(kInto.size());
  return insert.substr(0, insert.find(' '));
}

// Big-endian with the sign turned: bytes sort as the numbers do.
void GatheredRow::add(std::int64_t value) {
  bytes_ += kNumber;
  put_bytes(bytes_, static_cast<std::uint64_t>(value) ^ kSign);
}

void GatheredRow::add(std::string_view text) {
  bytes_ += kText;
  put_bytes(bytes_, text.size());
  bytes_ += text;
}

GatheredValue take_value(std::string_view& row) {
  const bool is_text = row.front() == kText;
  const std::uint64_t first = read_bytes(row.substr(1, kNumberBytes));
  row.remove_prefix(1 + kNumberBytes);
  if (!is_text) return {.number = static_cast<std::int64_t>(first ^ kSign)};
  const std::string_view text = row.substr(0, first);
  row.remove_prefix(first);
  return {.is_text = true, .text = text};
}

void Gathered::undo() {
  rows_.resize(std::min(rows_.size(), before_part_));
  rows_.insert(rows_.end(), std::make_move_iterator(sent_.begin()), std::make_move_iterator(sent_.end()));
  sent_.clear(), before_part_ = rows_.size();
}

std::vector<std::string> Gathered::take() {
  sent_.insert(sent_.end(), rows_.begin(), rows_.begin() + static_cast<std::ptrdiff_t>(before_part_));
  before_part_ = 0;
  std::vector<std::string> out = std::move(rows_);
  rows_.clear();
  std::ranges::sort(out);
  return out;
}

}  // namespace varde::storage::sqlite
