/// Converts IEEE 754 half precision to single. Integer arithmetic alone, because `Float16` does not
/// exist on every platform; the loop is turned into vector code.
///
/// Moving exponent and fraction into a single's place leaves the exponent 112 too small, also for
/// subnormal numbers; the multiplication puts that right.
func convertHalf(
  _ half: UnsafePointer<UInt16>, to single: UnsafeMutablePointer<Float>, count: Int
) {
  let exponentGap = Float(bitPattern: (127 + 112) << 23)
  for index in 0..<count {
    let bits = UInt32(half[index])
    let magnitude = Float(bitPattern: (bits & 0x7FFF) << 13) * exponentGap
    let isSpecial = bits & 0x7C00 == 0x7C00  // Infinite, or not a number.
    let exponent: UInt32 = isSpecial ? 0x7F80_0000 : 0
    single[index] = Float(bitPattern: magnitude.bitPattern | exponent | (bits & 0x8000) << 16)
  }
}
