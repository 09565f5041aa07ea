#pragma once
/// @file server/operation/paper.h
/// A form or a plan on A4: title, whose it is, headings, paragraphs, boxes in a colour, lines to sign on. Text is
/// broken into lines by a safe estimate of its width; pages are numbered. Units: points. Pure.
#include <string>
#include <string_view>
#include <vector>

#include "server/drawing/drawing.h"

namespace varde::operation {

class Paper {
 public:
  Paper(std::string title, std::string whose);

  void heading(std::string_view text);
  /// A heading on a ground of that colour, over the width.
  void band(std::string_view text, drawing::Colour ground);
  void paragraph(std::string_view text);
  void bullet(std::string_view text);
  void signature(std::string_view whose);  ///< a line to sign on, with place and date
  /// Its pages; `foot` stands below each, with the page's number.
  std::vector<drawing::Page> finish(const std::string& foot) &&;

 private:
  void text(std::string_view text, double indent, double size, bool bold);
  void room_for(double height);

  std::string title_, whose_;
  std::vector<drawing::Page> pages_;
  double at_ = 0;  ///< the next line's upper edge
};

}  // namespace varde::operation
