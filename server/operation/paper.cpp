#include "server/operation/paper.h"

#include <fmt/format.h>

#include <algorithm>

namespace varde::operation {
namespace {

using drawing::Colour;

constexpr double kWidth = 595, kHeight = 842, kMargin = 56, kFoot = 40;
constexpr double kText = 11, kLeading = 1.4;
constexpr Colour kInk{30, 30, 30}, kFaint{90, 90, 90};
/// Of the size, on average, of a letter; broad ones are rare in a line.
constexpr double kLetter = 0.55;

std::size_t letters(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

std::vector<std::string> broken(std::string_view text, std::size_t width) {
  std::vector<std::string> lines(1);
  while (!text.empty()) {
    const auto end = std::min(text.find_first_of(" \n"), text.size());
    const auto word = text.substr(0, end);
    if (!lines.back().empty() && letters(lines.back()) + 1 + letters(word) > width) lines.emplace_back();
    if (!lines.back().empty() && !word.empty()) lines.back() += ' ';
    lines.back() += word;
    if (end < text.size() && text[end] == '\n') lines.emplace_back();
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

}  // namespace

Paper::Paper(std::string title, std::string whose) : title_(std::move(title)), whose_(std::move(whose)) {
  room_for(0);
  text(title_, 0, 18, true);
  if (!whose_.empty()) text(whose_, 0, 12, false);
  at_ += 8;
}

void Paper::room_for(double height) {
  if (!pages_.empty() && at_ + height <= kHeight - kMargin - kFoot) return;
  const bool first = pages_.empty();
  pages_.push_back({kWidth, kHeight, {}});
  at_ = kMargin;
  if (!first) {
    text(title_ + (whose_.empty() ? "" : ", " + whose_), 0, 9, false);
    at_ += 6;
  }
}

void Paper::text(std::string_view words, double indent, double size, bool bold) {
  const auto width = static_cast<std::size_t>((kWidth - 2 * kMargin - indent) / (size * kLetter));
  for (auto& line : broken(words, width)) {
    room_for(size * kLeading);
    at_ += size * kLeading;
    pages_.back().shapes.emplace_back(drawing::Text{.at = {kMargin + indent, at_ - size * 0.3},
                                                    .text = std::move(line),
                                                    .size = size,
                                                    .colour = size < kText ? kFaint : kInk,
                                                    .bold = bold});
  }
}

void Paper::heading(std::string_view words) {
  room_for(60);  // not alone at the foot of a page
  at_ += 10;
  text(words, 0, 13, true);
}

void Paper::band(std::string_view words, Colour ground) {
  constexpr double kBand = 22;
  room_for(70);
  at_ += 10;
  pages_.back().shapes.emplace_back(drawing::Area{kMargin, at_, kWidth - 2 * kMargin, kBand, ground});
  pages_.back().shapes.emplace_back(drawing::Text{
      .at = {kMargin + 8, at_ + 15}, .text = std::string(words), .size = 13, .colour = kInk, .bold = true});
  at_ += kBand + 2;
}

void Paper::paragraph(std::string_view words) { text(words, 0, kText, false); }

void Paper::bullet(std::string_view words) {
  room_for(kText * kLeading);
  const auto page = pages_.size();
  const double before = at_;
  pages_.back().shapes.emplace_back(drawing::Text{
      .at = {kMargin + 2, before + kText * (kLeading - 0.3)}, .text = "–", .size = kText, .colour = kInk});
  text(words, 14, kText, false);
  if (pages_.size() == page && at_ == before) at_ += kText * kLeading;
}

void Paper::signature(std::string_view whose) {
  room_for(60);
  at_ += 44;
  const auto line = [&](double from, double to, std::string_view under) {
    pages_.back().shapes.emplace_back(drawing::Line{{{from, at_}, {to, at_}}, kInk, 0.7, false});
    pages_.back().shapes.emplace_back(
        drawing::Text{.at = {from, at_ + 12}, .text = std::string(under), .size = 9, .colour = kFaint});
  };
  line(kMargin, kMargin + 170, "Sted og dato");
  line(kMargin + 190, kWidth - kMargin, whose);
  at_ += 16;
}

std::vector<drawing::Page> Paper::finish(const std::string& foot) && {
  for (std::size_t i = 0; i < pages_.size(); ++i)
    pages_[i].shapes.emplace_back(drawing::Text{.at = {kMargin, kHeight - kFoot},
                                                .text = fmt::format("{} – side {} av {}", foot, i + 1, pages_.size()),
                                                .size = 9,
                                                .colour = kFaint});
  return std::move(pages_);
}

}  // namespace varde::operation
