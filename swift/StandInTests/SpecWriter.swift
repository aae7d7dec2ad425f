import Foundation

/// Writes specifications of models that have no network of their own: enough for a description.
/// Field numbers are those of Model.proto and FeatureTypes.proto of coremltools.
struct SpecWriter {
  private(set) var bytes = Data()

  mutating func integer(_ number: Int, _ value: Int) {
    varint(number << 3)
    varint(value)
  }

  mutating func data(_ number: Int, _ value: Data) {
    varint(number << 3 | 2)
    varint(value.count)
    bytes += value
  }

  mutating func text(_ number: Int, _ value: String) { data(number, Data(value.utf8)) }

  mutating func message(_ number: Int, _ write: (inout SpecWriter) -> Void) {
    var inner = SpecWriter()
    write(&inner)
    data(number, inner.bytes)
  }

  private mutating func varint(_ value: Int) {
    var rest = UInt64(bitPattern: Int64(value))
    while rest >= 0x80 {
      bytes.append(UInt8(rest & 0x7F) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(rest))
  }
}

/// An input or output of a test's model.
struct TestFeature {
  let name: String
  let write: (inout SpecWriter) -> Void

  static func image(_ name: String, _ width: Int, _ height: Int, color: Int = 20) -> TestFeature {
    TestFeature(name: name) { type in
      type.message(4) {
        $0.integer(1, width)
        $0.integer(2, height)
        $0.integer(3, color)
      }
    }
  }

  static func array(_ name: String, _ shape: [Int], type dataType: Int = 65568) -> TestFeature {
    TestFeature(name: name) { type in
      type.message(5) {
        for side in shape { $0.integer(1, side) }
        $0.integer(2, dataType)
      }
    }
  }

  static func double(_ name: String) -> TestFeature {
    TestFeature(name: name) { $0.message(2) { _ in } }
  }

  static func label(_ name: String) -> TestFeature {
    TestFeature(name: name) { $0.message(3) { _ in } }
  }

  static func chances(_ name: String) -> TestFeature {
    TestFeature(name: name) { $0.message(6) { $0.message(2) { _ in } } }
  }
}

/// A program of the given inputs and outputs.
func specification(
  version: Int = 7, inputs: [TestFeature], outputs: [TestFeature],
  more: (inout SpecWriter) -> Void = { _ in }
) -> Data {
  var model = SpecWriter()
  model.integer(1, version)
  model.message(2) { description in
    for (number, features) in [(1, inputs), (10, outputs)] {
      for feature in features {
        description.message(number) {
          $0.text(1, feature.name)
          $0.message(3, feature.write)
        }
      }
    }
    more(&description)
  }
  model.message(502) { _ in }
  return model.bytes
}
