import tseslint from 'typescript-eslint';

export default tseslint.config(
  { ignores: ['dist', '.types', 'node_modules', '**/*.js', 'fixtures/traces', 'fixtures/node-project'] },
  ...tseslint.configs.strictTypeChecked,
  ...tseslint.configs.stylisticTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: true } },
    rules: {
      // Typed-array code reads `column[row]!`: the bound is checked once by the loop, and the mark is erased.
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/prefer-for-of': 'off',
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/no-unnecessary-condition': ['error', { allowConstantLoopConditions: true }],
      eqeqeq: ['error', 'always'],
      'no-console': 'error',
      'func-style': ['error', 'declaration', { allowArrowFunctions: true }],
    },
  },
  { files: ['cli/**', 'bench/**', 'fixtures/**'], rules: { 'no-console': 'off' } },
);
