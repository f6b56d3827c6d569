// One error per rule of the verifier.
//
// RUN: arhat-opt %s --split-input-file --verify-diagnostics

func.func @to(%x: tensor<2x3xf16>) {
  // expected-error@+1 {{cannot convert to index}}
  %0 = arhat.convert(%x) {to = index} : (tensor<2x3xf16>) -> tensor<2x3xf32>
  func.return
}

// -----

func.func @value() {
  // expected-error@+1 {{value must be dense elements or #arhat.weight, got "x"}}
  %0 = arhat.constant() {value = "x"} : () -> tensor<2xf32>
  func.return
}

// -----

func.func @dense_type() {
  // expected-error@+1 {{result type must be tensor<2xf32> by the shape rule, got tensor<3xf32>}}
  %0 = arhat.constant() {value = dense<[1.000000e+00, 2.000000e+00]> : tensor<2xf32>} : () -> tensor<3xf32>
  func.return
}

// -----

func.func @dynamic_weight() {
  // expected-error@+1 {{shapes must be static, got tensor<?xf32>}}
  %0 = arhat.constant() {value = #arhat.weight<"model"::"w@0">} : () -> tensor<?xf32>
  func.return
}
