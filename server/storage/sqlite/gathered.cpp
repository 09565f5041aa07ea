#include "server/storage/sqlite/gathered.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <stdexcept>
#include <utility>

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

std::string_view key_of(std::string_view row) {
  constexpr int kValuesOfKey = 2;
  std::string_view rest = row;
  for (int i = 0; i < kValuesOfKey && !rest.empty(); ++i) take_value(rest);
  return row.substr(0, row.size() - rest.size());
}

void Gathered::add(const GatheredRow& row) {
  places_.emplace(hash_of(key_of(row.bytes())), rows_.size());
  rows_.emplace_back(row.bytes());
}

void Gathered::clear() { rows_.clear(), sent_.clear(), places_.clear(), before_part_ = 0; }

void Gathered::mark() { before_part_ = rows_.size(), sent_.clear(); }

void Gathered::undo() {
  rows_.resize(std::min(rows_.size(), before_part_));
  for (std::string& row : sent_) {
    places_.emplace(hash_of(key_of(row)), rows_.size());
    rows_.push_back(std::move(row));
  }
  sent_.clear(), before_part_ = rows_.size();
}

std::vector<std::string> Gathered::take() {
  std::vector<std::string> out;
  out.reserve(rows_.size());
  for (std::size_t i = 0; i < rows_.size(); ++i) {
    if (rows_[i].empty()) continue;
    if (i < before_part_) sent_.push_back(rows_[i]);
    out.push_back(std::move(rows_[i]));
  }
  rows_.clear(), places_.clear(), before_part_ = 0;
  std::ranges::sort(out);
  return out;
}

std::vector<std::string> Gathered::take(std::string_view key) {
  std::vector<std::string> out;
  const auto [first, last] = places_.equal_range(hash_of(key));
  for (auto place = first; place != last;) {
    const std::size_t i = place->second;
    const bool is_stale = i >= rows_.size() || rows_[i].empty();
    if (!is_stale && key_of(rows_[i]) != key) {
      ++place;
      continue;
    }
    if (!is_stale) {
      if (i < before_part_) sent_.push_back(rows_[i]);
      out.push_back(std::exchange(rows_[i], {}));
    }
    place = places_.erase(place);
  }
  std::ranges::sort(out);
  return out;
}

}  // namespace varde::storage::sqlite
