// The result of Store.Verify: whether everything is as it was written, and what is not.
//
// Invariant: Sound is true exactly when the library found nothing that is not repaired; Findings are those of Report.
// Not here: repairing data. Only records can be written anew.

using System.Collections.Generic;
using System.Linq;

namespace DataStorage
{
    /// <summary>One thing that is missing or altered.</summary>
    public sealed class Finding
    {
        internal Finding(string key, string text)
        {
            Key = key;
            Text = text;
        }

        /// <summary>The node it is about.</summary>
        public string Key { get; }
        /// <summary>One line that tells what was found.</summary>
        public string Text { get; }
    }

    /// <summary>What <see cref="Store.Verify"/> found.</summary>
    public sealed class Verification
    {
        internal Verification(bool sound, string report)
        {
            Sound = sound;
            Report = report;
            Findings = Read(report);
        }

        /// <summary>Whether everything is as it was written, or was recorded anew.</summary>
        public bool Sound { get; }
        /// <summary>The report of the library: {"findings": [{"key": ..., "text": ...}]}.</summary>
        public string Report { get; }
        /// <summary>What was found.</summary>
        public IReadOnlyList<Finding> Findings { get; }

        private static IReadOnlyList<Finding> Read(string report)
        {
            var members = JsonReader.Read(report) as Dictionary<string, object>;
            object list;
            if (members == null || !members.TryGetValue("findings", out list))
            {
                return new Finding[0];
            }
            return ((List<object>)list).Cast<Dictionary<string, object>>()
                .Select(one => new Finding(Member(one, "key"), Member(one, "text"))).ToArray();
        }

        private static string Member(Dictionary<string, object> members, string name)
        {
            object value;
            return members.TryGetValue(name, out value) ? value as string ?? "" : "";
        }
    }
}
