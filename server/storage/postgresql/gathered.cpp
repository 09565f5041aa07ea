#include "server/storage/postgresql/gathered.h"

#include <array>
#include <cstdint>
#include <stdexcept>

namespace varde::storage::postgresql {
namespace {

// https://www.postgresql.org/docs/15/catalog-pg-type.html
struct ArrayType {
  Oid element, array;
};
constexpr std::array kArrayTypes{ArrayType{20, 1016}, ArrayType{25, 1009}, ArrayType{17, 1001}, ArrayType{701, 1022}};

Oid array_of(Oid element) {
  for (const auto& row : kArrayTypes)
    if (row.element == element) return row.array;
  throw std::logic_error("a gathered row holds a value of no type");
}

void put_int4(std::string& out, std::uint32_t number) {
  for (int shift = 24; shift >= 0; shift -= 8) out.push_back(static_cast<char>(number >> shift & 0xFFu));
}

/// Of one dimension, from 1, without NULL.
std::string array_text(Oid element, std::size_t count, std::string_view values) {
  std::string out;
  out.reserve(values.size() + 20);
  for (const std::uint32_t field : {std::uint32_t{1}, std::uint32_t{0}, static_cast<std::uint32_t>(element),
                                    static_cast<std::uint32_t>(count), std::uint32_t{1}})
    put_int4(out, field);
  return out.append(values);
}

}  // namespace

std::string insert_of_many(std::string_view insert) {
  constexpr std::string_view kValues = " VALUES (";
  const auto begin = insert.find(kValues), end = insert.find(')', begin);
  if (begin == std::string_view::npos || end == std::string_view::npos)
    throw std::logic_error("an INSERT of one row was expected");
  std::string out(insert.substr(0, begin));
  const auto from = begin + kValues.size();
  return out.append(" SELECT * FROM unnest(").append(insert.substr(from, end - from)).append(insert.substr(end));
}

bool Gathered::add(const std::vector<Value>& row, int unique) {
  if (unique > 0) {
    std::string key;
    for (int i = 0; i < unique; ++i)
      put_int4(key, static_cast<std::uint32_t>(row[i].bytes.size())), key += row[i].bytes;
    if (!known_.insert(key).second) return false;
    keys_.push_back(std::move(key));
  }
  columns_.resize(row.size());
  for (std::size_t i = 0; i < row.size(); ++i) {
    columns_[i].type = row[i].type;
    put_int4(columns_[i].bytes, static_cast<std::uint32_t>(row[i].bytes.size()));
    columns_[i].bytes += row[i].bytes;
    bytes_ += row[i].bytes.size() + 4;
  }
  ++rows_;
  return true;
}

void Gathered::mark() {
  marked_rows_ = rows_;
  for (auto& column : columns_) column.marked = column.bytes.size();
}

void Gathered::forget_keys_from(std::size_t row) {
  for (std::size_t i = row; i < keys_.size(); ++i) known_.erase(keys_[i]);
  if (row < keys_.size()) keys_.resize(row);
}

void Gathered::drop_behind_mark() {
  rows_ = marked_rows_, bytes_ = 0;
  for (auto& column : columns_) column.bytes.resize(column.marked), bytes_ += column.marked;
  forget_keys_from(marked_rows_);
}

void Gathered::clear() {
  for (auto& column : columns_) column.bytes.clear(), column.marked = 0;
  keys_.clear(), known_.clear();
  rows_ = bytes_ = marked_rows_ = 0;
}

Gathered::Parameters Gathered::take(std::size_t count) {
  Parameters out;
  const bool all = count == rows_;
  for (auto& column : columns_) {
    const std::size_t size = all ? column.bytes.size() : column.marked;
    out.types.push_back(array_of(column.type));
    out.arrays.push_back(array_text(column.type, count, std::string_view(column.bytes).substr(0, size)));
    if (!all) column.bytes.erase(0, size), column.marked = 0;
  }
  if (all) {
    clear();
  } else {
    for (std::size_t i = 0; i < count && !keys_.empty(); ++i) known_.erase(keys_[i]);
    if (!keys_.empty()) keys_.erase(keys_.begin(), keys_.begin() + static_cast<std::ptrdiff_t>(count));
    rows_ -= count, marked_rows_ = 0, bytes_ = 0;
    for (const auto& column : columns_) bytes_ += column.bytes.size();
  }
  return out;
}

}  // namespace varde::storage::postgresql
