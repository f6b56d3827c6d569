// Writing JSON: enough for measurements and tables.
#pragma once

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <string>

namespace arhat {

// A JSON text in double quotes. Bytes that are not ASCII pass unchanged: names are UTF-8.
inline std::string json_text(const std::string& text) {
  std::string result = "\"";
  for (const char c : text) {
    const unsigned char byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      result += '\\';
      result += c;
    } else if (c == '\n') {
      result += "\\n";
    } else if (byte < 32 || byte == 127) {
      char code[8];
      std::snprintf(code, sizeof code, "\\u%04x", byte);
      result += code;
    } else {
      result += c;
    }
  }
  return result + "\"";
}

inline std::string json_number(double value) {
  if (!std::isfinite(value)) return "null";
  char text[32];
  std::snprintf(text, sizeof text, "%.9g", value);
  return text;
}

// An object or array whose members are added one by one, each on a line of its own.
class JsonBlock {
 public:
  JsonBlock(char open, char close, int depth) : text_(1, open), close_(close), depth_(depth) {}

  // A member of an object; `value` is JSON already.
  void member(const std::string& key, const std::string& value) { item(json_text(key) + ": " + value); }
  void member(const std::string& key, double value) { member(key, json_number(value)); }
  void member(const std::string& key, uint64_t value) { member(key, std::to_string(value)); }
  void item(const std::string& value) {
    text_ += empty_ ? "\n" : ",\n";
    text_.append(static_cast<size_t>(depth_ + 1) * 2, ' ');
    text_ += value;
    empty_ = false;
  }
  std::string finish() {
    if (!empty_) {
      text_ += '\n';
      text_.append(static_cast<size_t>(depth_) * 2, ' ');
    }
    return text_ + close_;
  }

 private:
  std::string text_;
  char close_;
  int depth_;
  bool empty_ = true;
};

}  // namespace arhat
