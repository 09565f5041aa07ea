#include "fhir-model/fhirpath/expression.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <memory>

#include "fhir-model/fhirpath/lexer.h"

namespace varde::fhir {
namespace {

using Kind = Expression::Kind;

constexpr int kDeepest = 100;
constexpr std::size_t kLongest = 10'000;

struct OperatorRow {
  std::string_view text;
  int binding;  ///< higher binds tighter
};
/// https://hl7.org/fhirpath/N1/#operator-precedence
constexpr std::array kOperators{
    OperatorRow{"*", 10},  OperatorRow{"/", 10}, OperatorRow{"div", 10}, OperatorRow{"mod", 10},
    OperatorRow{"+", 9},   OperatorRow{"-", 9},  OperatorRow{"&", 9},    OperatorRow{"is", 8},
    OperatorRow{"as", 8},  OperatorRow{"|", 7},  OperatorRow{"<=", 6},   OperatorRow{"<", 6},
    OperatorRow{">", 6},   OperatorRow{">=", 6}, OperatorRow{"=", 5},    OperatorRow{"~", 5},
    OperatorRow{"!=", 5},  OperatorRow{"!~", 5}, OperatorRow{"in", 4},   OperatorRow{"contains", 4},
    OperatorRow{"and", 3}, OperatorRow{"or", 2}, OperatorRow{"xor", 2},  OperatorRow{"implies", 1},
};

constexpr std::array<std::string_view, 16> kCalendarWords{
    "year", "years", "month",  "months",  "week",   "weeks",   "day",         "days",
    "hour", "hours", "minute", "minutes", "second", "seconds", "millisecond", "milliseconds"};

int binding_of(const Token& token) {
  if (token.kind != Token::Kind::symbol && token.kind != Token::Kind::name) return 0;
  const auto* row = std::ranges::find(kOperators, token.text, &OperatorRow::text);
  return row == kOperators.end() ? 0 : row->binding;
}

/// Operator-precedence parser. A fault is kept in failure_ and unwinds by empty results.
class Parser {
 public:
  explicit Parser(std::string_view text) : lexer_(text) { advance(); }

  Result<Expression> whole() {
    Expression result = expression(1);
    if (!failure_ && token_.kind != Token::Kind::end) unexpected("the end or an operator");
    if (failure_) return tl::unexpected(std::move(*failure_));
    return result;
  }

 private:
  void advance() {
    auto token = lexer_.next();
    if (token) {
      token_ = std::move(*token);
      return;
    }
    if (!failure_) failure_ = std::make_unique<Failure>(token.error());
    token_ = Token{};
  }

  void unexpected(std::string_view wanted) {
    if (!failure_)
      failure_ = std::make_unique<Failure>(Failure{
          Fault::parameter_malformed, fmt::format("FHIRPath: expected {} at character {}.", wanted, token_.at + 1)});
    token_ = Token{};
  }

  bool take(std::string_view symbol) {
    if (!token_.is(Token::Kind::symbol, symbol)) return false;
    advance();
    return true;
  }
  void require(std::string_view symbol) {
    if (!take(symbol)) unexpected(fmt::format("'{}'", symbol));
  }

  Expression expression(int weakest) {
    if (++depth_ > kDeepest) unexpected("less nesting");
    Expression left = signed_term();
    while (!failure_) {
      const int binding = binding_of(token_);
      if (binding == 0 || binding < weakest) break;
      std::string name = token_.text;
      const std::size_t at = token_.at;
      advance();
      if (name == "is" || name == "as") {
        left = Expression{name == "is" ? Kind::type_is : Kind::type_as, type_name(), {}, list(std::move(left)), at};
        continue;
      }
      Expression right = expression(binding + 1);
      left = Expression{Kind::operation, std::move(name), {}, list(std::move(left), std::move(right)), at};
    }
    --depth_;
    return left;
  }

  template <class... E>
  static std::vector<Expression> list(E&&... items) {
    std::vector<Expression> out;
    (out.push_back(std::forward<E>(items)), ...);
    return out;
  }

  Expression signed_term() {
    const std::size_t at = token_.at;
    for (const std::string_view sign : {"+", "-"})
      if (take(sign)) {
        if (++depth_ > kDeepest) unexpected("less nesting");
        Expression result{Kind::sign, std::string(sign), {}, list(signed_term()), at};
        --depth_;
        return result;
      }
    return invocations(term());
  }

  /// Everything that follows a term: .name, .function(...), [index]
  Expression invocations(Expression focus) {
    for (int length = 0; !failure_; ++length) {
      if (length > kDeepest) unexpected("a shorter path");
      const std::size_t at = token_.at;
      if (take(".")) {
        focus = invocation(std::move(focus));
      } else if (take("[")) {
        focus = Expression{Kind::index, {}, {}, list(std::move(focus), expression(1)), at};
        require("]");
      } else {
        break;
      }
    }
    return focus;
  }

  Expression invocation(Expression focus) {
    if (token_.kind == Token::Kind::variable) return variable();
    if (token_.kind != Token::Kind::name && token_.kind != Token::Kind::quoted_name) {
      unexpected("a name");
      return {};
    }
    Expression result{Kind::member, token_.text, {}, list(std::move(focus)), token_.at};
    advance();
    if (!take("(")) return result;
    result.kind = Kind::function;
    if (take(")")) return result;
    do result.operands.push_back(expression(1));
    while (take(","));
    require(")");
    return result;
  }

  Expression variable() {
    Expression result{Kind::variable, token_.text, {}, {}, token_.at};
    if (token_.text.size() < 2) unexpected("a variable's name");
    advance();
    return result;
  }

  Expression term() {
    if (take("(")) {
      Expression inner = expression(1);
      require(")");
      return inner;
    }
    if (take("{")) {
      require("}");
      return Expression{Kind::empty};
    }
    switch (token_.kind) {
      case Token::Kind::string: return literal(Kind::string);
      case Token::Kind::date: return literal(Kind::date);
      case Token::Kind::date_time: return literal(Kind::date_time);
      case Token::Kind::time: return literal(Kind::time);
      case Token::Kind::number: return number();
      case Token::Kind::variable: return variable();
      case Token::Kind::name:
        if (token_.text == "true" || token_.text == "false") return literal(Kind::boolean);
        return invocation(Expression{});
      case Token::Kind::quoted_name: return invocation(Expression{});
      default: unexpected("a path or a literal"); return {};
    }
  }

  Expression literal(Kind kind) {
    Expression result{kind, token_.text, {}, {}, token_.at};
    advance();
    return result;
  }

  Expression number() {
    Expression result = literal(Kind::number);
    const bool calendar = token_.kind == Token::Kind::name && std::ranges::count(kCalendarWords, token_.text) > 0;
    if (calendar || token_.kind == Token::Kind::string) {
      result.kind = Kind::quantity;
      result.unit = token_.text;
      result.calendar = calendar;
      advance();
    }
    return result;
  }

  std::string type_name() {
    std::string name;
    do {
      if (token_.kind != Token::Kind::name && token_.kind != Token::Kind::quoted_name) {
        unexpected("a type's name");
        return {};
      }
      if (!name.empty()) name += '.';
      name += token_.text;
      advance();
    } while (take("."));
    return name;
  }

  Lexer lexer_;
  Token token_;
  int depth_ = 0;
  std::unique_ptr<Failure> failure_;
};

}  // namespace

Result<Expression> parse_expression(std::string_view text) {
  if (text.size() > kLongest)
    return fail(Fault::parameter_malformed, fmt::format("FHIRPath: longer than {} characters.", kLongest));
  return Parser(text).whole();
}

}  // namespace varde::fhir
