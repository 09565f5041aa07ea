#pragma once
/// @file server/storage/index_entries.h
/// The index rows of one resource version in a compact form that is kept beside it (resource.entries). From it an
/// update knows which rows stand in the index tables, without an index back from resource to rows. One entry: kind,
/// parameter, two numbers, text. What they mean by kind:
///   token: system, -, code · reference: target type, -, target id · date: begin, end, - · string, uri: -, -, text
#include <string>
#include <string_view>

#include "server/storage/sql.h"
#include "server/storage/symbols.h"

namespace varde::storage {

enum class EntryKind : unsigned char { token, reference, date, string, uri };

struct IndexEntry {
  EntryKind kind;
  ParameterKey parameter;
  std::int64_t first = 0, second = 0;
  std::string_view text = {};
};

/// Takes the first entry off the encoded form; its text is a view into it.
IndexEntry take_entry(std::string_view& entries);

/// Appends `rows` in encoded form to `out`.
void encode_entries(const IndexRows& rows, sql::Connection& connection, Symbols& symbols, std::string& out);

struct EntryOwner {
  PatientKey patient;
  ResourceKey resource;
};
void insert_entries(sql::Connection& connection, EntryOwner owner, std::string_view entries);
/// Changes the tables from what `before` says to what `after` says; touches only the rows that differ.
void replace_entries(sql::Connection& connection, EntryOwner owner_before, std::string_view before,
                     EntryOwner owner_after, std::string_view after);

}  // namespace varde::storage
