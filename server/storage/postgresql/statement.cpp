#include <array>
#include <bit>
#include <cstring>

#include "server/storage/postgresql/connection.h"

namespace varde::storage::postgresql {
namespace {

// https://www.postgresql.org/docs/15/catalog-pg-type.html
constexpr Oid kInferred = 0, kBytea = 17, kInt8 = 20, kText = 25, kFloat4 = 700, kFloat8 = 701;

/// Of one to eight bytes in network order, with its sign.
std::int64_t number_of(const char* bytes, int length) {
  std::uint64_t value = length > 0 && (static_cast<unsigned char>(bytes[0]) & 0x80u) != 0 && length < 8 && length > 1
                            ? ~std::uint64_t{0}
                            : 0;
  for (int i = 0; i < length; ++i) value = value << 8 | static_cast<unsigned char>(bytes[i]);
  return static_cast<std::int64_t>(value);
}

}  // namespace

Oid Statement::type_of(sql::Type type) {
  switch (type) {
    case sql::Type::integer: return kInt8;
    case sql::Type::real: return kFloat8;
    case sql::Type::text: return kText;
    case sql::Type::bytes: return kBytea;
    case sql::Type::unknown: break;
  }
  return kInferred;
}

/// As it goes over the wire; of a NULL, nothing.
std::string_view Statement::binary(const Value& bound) {
  if (bound.is_null) return {};
  const bool is_number = bound.type == sql::Type::integer || bound.type == sql::Type::real;
  return is_number ? std::string_view(bound.number, 8) : bound.copy ? std::string_view(*bound.copy) : bound.text;
}

Statement::Value& Statement::value(int parameter) {
  const auto index = static_cast<std::size_t>(parameter - 1);
  if (values_.size() <= index) values_.resize(index + 1);
  values_[index].copy.reset();
  return values_[index];
}

void Statement::bind_number(int parameter, sql::Type type, std::uint64_t bits) {
  Value& bound = value(parameter);
  bound.type = type, bound.is_null = false;
  for (int i = 7; i >= 0; --i, bits >>= 8) bound.number[i] = static_cast<char>(bits & 0xFFu);
}

void Statement::bind(int parameter, std::int64_t number) {
  bind_number(parameter, sql::Type::integer, static_cast<std::uint64_t>(number));
}

void Statement::bind(int parameter, double number) {
  bind_number(parameter, sql::Type::real, std::bit_cast<std::uint64_t>(number));
}

void Statement::bind(int parameter, std::string_view text) {
  Value& bound = value(parameter);
  bound.type = sql::Type::text, bound.is_null = false, bound.text = text;
}

void Statement::bind(int parameter, sql::Blob blob) {
  Value& bound = value(parameter);
  bound.type = sql::Type::bytes, bound.is_null = false, bound.text = blob.bytes;
}

void Statement::bind_copy(int parameter, std::string text) {
  Value& bound = value(parameter);
  bound.type = sql::Type::text, bound.is_null = false, bound.copy = std::move(text);
}

void Statement::bind_null(int parameter, sql::Type type) {
  Value& bound = value(parameter);
  bound.type = type, bound.is_null = true;
}

const Statement::Variant& Statement::variant() {
  for (const auto& known : variants_) {
    bool fits = known.types.size() == values_.size();
    for (std::size_t i = 0; fits && i < values_.size(); ++i)
      fits =
          known.types[i] == type_of(values_[i].type) || (values_[i].is_null && values_[i].type == sql::Type::unknown);
    if (fits) return known;
  }
  Variant made{std::to_string(++connection_->names_), {}};
  for (const auto& bound : values_) made.types.push_back(type_of(bound.type));
  return variants_.emplace_back(std::move(made));
}

bool Statement::step() {
  if (!result_) {
    const bool reads = text_.starts_with("SELECT");
    connection_->prepare_for(*this, reads ? Connection::Does::reads : Connection::Does::writes);
    connection_->send(*this);
    result_ = connection_->finish();
    row_ = -1;
  }
  return ++row_ < PQntuples(result_.get());
}

void Statement::run_later() {
  if (kind_ == Kind::inserts) return connection_->gather(*this);
  connection_->prepare_for(*this, Connection::Does::writes);
  connection_->send(*this);
}

void Statement::reset() noexcept { result_.reset(); }

std::int64_t Statement::integer(int column) const {
  const char* bytes = PQgetvalue(result_.get(), row_, column);
  const auto type = PQftype(result_.get(), column);
  if (type == kFloat8 || type == kFloat4) return static_cast<std::int64_t>(real(column));
  return is_null(column) ? 0 : number_of(bytes, PQgetlength(result_.get(), row_, column));
}

double Statement::real(int column) const {
  if (is_null(column)) return 0;
  const auto bits = number_of(PQgetvalue(result_.get(), row_, column), PQgetlength(result_.get(), row_, column));
  switch (PQftype(result_.get(), column)) {
    case kFloat8: return std::bit_cast<double>(bits);
    case kFloat4: return std::bit_cast<float>(static_cast<std::int32_t>(bits));
    default: return static_cast<double>(bits);
  }
}

std::string_view Statement::text(int column) const {
  return {PQgetvalue(result_.get(), row_, column), static_cast<std::size_t>(PQgetlength(result_.get(), row_, column))};
}

bool Statement::is_null(int column) const { return PQgetisnull(result_.get(), row_, column) != 0; }

}  // namespace varde::storage::postgresql
