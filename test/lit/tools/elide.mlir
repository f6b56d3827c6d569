// RUN: arhat-opt %s | filecheck %s --check-prefix=FULL
// RUN: arhat-opt %s --mlir-elide-elementsattrs-if-larger 4 | filecheck %s --check-prefix=SHORT
// RUN: arhat-opt %s --elide-larger 3 --print-op-generic | filecheck %s --check-prefix=SHORTER

// FULL: dense<[1, 2, 3, 4]> : tensor<4xi32>
// FULL: dense<7> : tensor<100xi32>
// SHORT: dense<[1, 2, 3, 4]> : tensor<4xi32>
// SHORT: dense<__elided__> : tensor<100xi32>
// SHORTER: dense<__elided__> : tensor<4xi32>
func.func @main() {
  %small = arhat.constant() {value = dense<[1, 2, 3, 4]> : tensor<4xi32>} : () -> tensor<4xi32>
  %large = arith.constant dense<7> : tensor<100xi32>
  func.return
}

// What was left out is not taken for something else when the text is read again.
// RUN: arhat-opt %s --elide-larger 3 | not arhat-opt 2>&1 | filecheck %s --check-prefix=AGAIN
// AGAIN: <stdin>:3:{{[0-9]+}}: error:
// AGAIN-NEXT: note: this constant was left out when the text was printed; print it with a larger limit
