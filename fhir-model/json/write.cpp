#include <array>
#include <cstdint>
#include <cstring>

#include "fhir-model/json/json.h"

namespace varde::fhir {
namespace {

constexpr auto kEscapes = [] {
  std::array<char, 256> table{};  // 0: as it is; 'u': \u00XX; else the letter after the backslash
  for (int c = 0; c < 0x20; ++c) table[c] = 'u';
  table['"'] = '"', table['\\'] = '\\';
  table['\b'] = 'b', table['\f'] = 'f', table['\n'] = 'n', table['\r'] = 'r', table['\t'] = 't';
  return table;
}();

/// Whether one of eight characters needs an escape: below a blank, a quote or a backslash.
/// https://graphics.stanford.edu/~seander/bithacks.html#ZeroInWord
bool needs_escape(std::uint64_t eight) {
  constexpr std::uint64_t kOnes = 0x0101010101010101, kHigh = 0x8080808080808080;
  const std::uint64_t quote = eight ^ (kOnes * '"'), backslash = eight ^ (kOnes * '\\');
  return (((eight - kOnes * ' ') & ~eight) | ((quote - kOnes) & ~quote) | ((backslash - kOnes) & ~backslash)) & kHigh;
}

/// Text on its way to the end of a string, by way of a block: room is made for a piece, which is then written without
/// looking, and the string grows by blocks.
class Block {
 public:
  explicit Block(std::string& out) : out_(out) {}
  Block(const Block&) = delete;

  /// Must be the last call.
  void flush() {
    out_.append(block_, used_);
    used_ = 0;
  }

  void room(std::size_t bytes) {
    if (kSize - used_ < bytes) flush();
  }
  void put(char c) { block_[used_++] = c; }
  void put(std::string_view text) {
    std::memcpy(block_ + used_, text.data(), text.size());
    used_ += text.size();
  }
  void add(char c) { room(1), put(c); }
  void add(std::string_view text) {
    room(text.size());
    if (text.size() > kSize)
      out_.append(text);
    else
      put(text);
  }

  void add_quoted(std::string_view text) {
    if (text.size() > kLarge) out_.reserve(out_.size() + used_ + text.size() + kSize);  // not doubled as it grows
    add('"');
    for (; text.size() > kPiece; text.remove_prefix(kPiece)) piece(text.substr(0, kPiece));
    piece(text);
    add('"');
  }

 private:
  static constexpr std::size_t kSize = 4096, kPiece = 256, kLarge = 64u << 10;

  void piece(std::string_view text) {
    room(6 * kPiece);
    std::size_t i = 0;
    for (std::uint64_t eight; i + sizeof eight <= text.size(); i += sizeof eight) {
      std::memcpy(&eight, text.data() + i, sizeof eight);
      if (needs_escape(eight)) {
        for (std::size_t k = 0; k < sizeof eight; ++k) put_escaped(text[i + k]);
      } else {
        std::memcpy(block_ + used_, &eight, sizeof eight);
        used_ += sizeof eight;
      }
    }
    for (; i < text.size(); ++i) put_escaped(text[i]);
  }

  void put_escaped(char c) {
    const char escape = kEscapes[static_cast<unsigned char>(c)];
    if (!escape) return put(c);
    put('\\'), put(escape);
    if (escape != 'u') return;
    constexpr char kHex[] = "0123456789abcdef";
    put("00"), put(kHex[c >> 4]), put(kHex[c & 15]);
  }

  std::string& out_;
  std::size_t used_ = 0;
  char block_[kSize];
};

/// Types whose JSON value is not a string: their literal is written bare.
const std::vector<bool> kBare = [] {
  std::vector<bool> bare(types().size());
  for (const auto name : {"boolean", "decimal", "integer", "positiveInt", "unsignedInt"})
    bare[static_cast<std::size_t>(find_type(name))] = true;
  return bare;
}();

void write_object(Element element, Block& out);

void write_value(Element primitive, Block& out) {
  if (!primitive.has_value())
    out.add("null");
  else if (kBare[static_cast<std::size_t>(primitive.type())])
    out.add(primitive.value());
  else
    out.add_quoted(primitive.value());
}

void write_companion(Element primitive, Block& out) {
  if (primitive.children().empty())
    out.add("null");
  else
    write_object(primitive, out);
}

/// Elements of one name: the value itself, or an array of them.
template <class Write>
void write_all(Element::Range::iterator first, Element::Range::iterator last, bool many, Block& out, Write write) {
  if (!many) return write(*first, out);
  char before = '[';
  for (; first != last; ++first) {
    out.add(before), before = ',';
    write(*first, out);
  }
  out.add(']');
}

void write_member(bool companion, std::string_view name, char& before, Block& out) {
  out.room(name.size() + 5);
  out.put(before), before = ',';
  out.put('"');
  if (companion) out.put('_');
  out.put(name);
  out.put('"'), out.put(':');
}

void write_object(Element element, Block& out) {
  char before = '{';
  if (is_resource(element.type())) {
    out.add("{\"resourceType\":\""), out.add(element.type_name()), out.add('"');
    before = ',';
  }
  const auto children = element.children();
  for (auto run = children.begin(); run != children.end();) {
    const ElementRow& row = *(*run).definition();
    const bool primitive = is_primitive(row.type);
    bool values = !primitive, companions = false;
    auto after = run;
    do {
      if (primitive) values |= (*after).has_value(), companions |= !(*after).children().empty();
      ++after;
    } while (after != children.end() && (*after).definition() == &row);
    if (values) {
      write_member(false, row.name, before, out);
      primitive ? write_all(run, after, row.many, out, write_value)
                : write_all(run, after, row.many, out, write_object);
    }
    if (companions) write_member(true, row.name, before, out), write_all(run, after, row.many, out, write_companion);
    run = after;
  }
  if (before == '{') out.add('{');
  out.add('}');
}

}  // namespace

void write_json_string(std::string_view text, std::string& out) {
  Block block(out);
  block.add_quoted(text);
  block.flush();
}

void write_json(Element resource, std::string& out) {
  Block block(out);
  write_object(resource, block);
  block.flush();
}

std::string to_json(Element resource) {
  std::string out;
  write_json(resource, out);
  return out;
}

std::string to_pretty_json(Element resource) {
  const std::string dense = to_json(resource);
  std::string out;
  std::size_t depth = 0;
  bool in_string = false;
  const auto line = [&] { out.append(1, '\n').append(2 * depth, ' '); };
  for (std::size_t i = 0; i < dense.size(); ++i) {
    const char c = dense[i];
    if (in_string) {
      out += c;
      if (c == '\\')
        out += dense[++i];
      else if (c == '"')
        in_string = false;
    } else if (c == '{' || c == '[') {
      out += c, ++depth, line();
    } else if (c == '}' || c == ']') {
      --depth, line(), out += c;
    } else if (c == ',') {
      out += c, line();
    } else {
      out += c;
      if (c == ':') out += ' ';
      in_string = c == '"';
    }
  }
  return out += '\n';
}

}  // namespace varde::fhir
