// What the services are called by those who make them.

const NAMES: Record<string, string> = {
  anthropic: "Anthropic",
  openai: "OpenAI",
  google: "Google Gemini",
  deepseek: "DeepSeek",
  mistral: "Mistral",
  groq: "Groq",
  together: "Together AI",
  openrouter: "OpenRouter",
  ollama: "Ollama",
  vllm: "vLLM",
  llama_cpp: "llama.cpp",
};

/** The name of a kind of provider, in any language; what is no product has words of its own. */
export function kindName(kind: string, t: (key: "kind.compatible" | "kind.scripted") => string) {
  if (kind === "openai_compatible") return t("kind.compatible");
  if (kind === "scripted") return t("kind.scripted");
  return NAMES[kind] ?? kind;
}
