// RUN: arhat-opt %s --split-input-file --verify-diagnostics

func.func @before_definition(%a: i32) -> i32 {
  // expected-error@below {{'arith.addi' op uses operand #1 (%c), which is not defined before it}}
  // expected-note@below {{it is defined at line 7, column 3}}
  %0 = arith.addi %a, %c : i32
  %c = arith.constant 1 : i32
  func.return %0 : i32
}

// -----

func.func @itself() {
  %0 = "test.op"(%0) : (i32) -> i32  // expected-error {{uses operand #0}}
  func.return
}

// -----

// Values that dominate across blocks are accepted, others are not.
func.func @branches(%condition: i1, %a: i32) -> i32 {
  %top = arith.constant 1 : i32
  cf.cond_br %condition, ^left, ^right
^left:
  %only_left = arith.addi %top, %a : i32
  cf.br ^join
^right:
  cf.br ^join
^join:
  %use_top = arith.addi %top, %a : i32
  // expected-error@below {{'arith.addi' op uses operand #0 (%only_left), which is not defined before it}}
  %use_left = arith.addi %only_left, %a : i32
  func.return %use_left : i32
}

// -----

// A region sees the values around it that come before it, not those after it, and nothing leaks out of it.
func.func @regions(%condition: i1) {
  %before = arith.constant 1 : i32
  scf.if %condition {
    %sum = arith.addi %before, %before : i32
    // expected-error@below {{operand #0 (%after)}}
    %late = arith.addi %after, %sum : i32
  }
  %after = arith.constant 1 : i32
  func.return
}
