// One error per rule of the verifier.
//
// RUN: arhat-opt %s --split-input-file --verify-diagnostics

func.func @name(%x: tensor<4xf32>) {
  // expected-error@+1 {{'variable' must not be empty}}
  %0 = arhat.read_value(%x) {variable = ""} : (tensor<4xf32>) -> tensor<4xf32>
  func.return
}

// -----

func.func @type(%x: tensor<4xf32>) {
  // expected-error@+1 {{result type must be tensor<4xf32> by the shape rule, got tensor<5xf32>}}
  %0 = arhat.read_value(%x) {variable = "a"} : (tensor<4xf32>) -> tensor<5xf32>
  func.return
}

// -----

func.func @assigned(%x: tensor<4xf32>) {
  // expected-error@+1 {{'variable' must not be empty}}
  arhat.assign(%x) {variable = ""} : (tensor<4xf32>) -> ()
  func.return
}

// -----

func.func @dynamic(%x: tensor<?xf32>) {
  // expected-error@+1 {{shapes must be static}}
  arhat.assign(%x) {variable = "a"} : (tensor<?xf32>) -> ()
  func.return
}
